import { type Env, parseConfig as parse } from '@arcadia/platform';
import { z } from 'zod';

const environment = z.object({
  METERING_LATE_WINDOW_DAYS: z.coerce
    .number('give a number of days, such as 60')
    .int('give a whole number of days, such as 60')
    .min(0, 'days cannot be negative')
    .max(3650, 'ten years are the most')
    .default(60),
});

export type Config = {
  /** Days after a closed period's end during which its usage is still accepted, as an adjustment. */
  lateWindowDays: number;
};

export const parseConfig = (env: Env): Config => ({
  lateWindowDays: parse(environment, env).METERING_LATE_WINDOW_DAYS,
});
