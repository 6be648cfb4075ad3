import { type Env, parseConfig } from '@arcadia/platform';
import { z } from 'zod';

const environment = z.object({
  METERING_LATE_WINDOW_DAYS: z.coerce
    .number('give a number of days, such as 60')
    .int('give a whole number of days, such as 60')
    .min(0, 'days cannot be negative')
    .max(3650, 'ten years are the most')
    .default(60),
});

export type MeteringConfig = {
  /** How long after a period's end usage of it is still accepted once it is closed; it becomes an adjustment. */
  lateWindowDays: number;
};

export const config = (env: Env): MeteringConfig => ({
  lateWindowDays: parseConfig(environment, env).METERING_LATE_WINDOW_DAYS,
});
