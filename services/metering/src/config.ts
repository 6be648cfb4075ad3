import { defineConfig, wholeNumber } from '@arcadia/platform';

export type Config = {
  /** Days after a closed period's end during which its usage is still accepted, as an adjustment. */
  lateWindowDays: number;
};

const variables = {
  METERING_LATE_WINDOW_DAYS: wholeNumber('days', { least: 0, most: 3650, usual: 60 }).meta({
    description: "Days after a closed period's end during which its usage is still accepted, as an adjustment.",
  }),
};

export const parseConfig = defineConfig(
  variables,
  (given): Config => ({ lateWindowDays: given.METERING_LATE_WINDOW_DAYS }),
);
