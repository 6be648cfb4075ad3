import { addMonths, dayText, instantText, periodOf, periodText, uuid } from '@arcadia/contracts';
import { z } from 'zod';
import { job } from './context.ts';
import { catchUpDays } from './days/catch-up-days.ts';
import { meterDay, meterHour, meterTouchedDays } from './days/meter-day.ts';
import { dayBefore, startOfHour } from './domain/days/windows.ts';
import { consumeNewKinds } from './kinds/consume-new-kinds.ts';
import { closeBySchedule } from './periods/close-period.ts';
import { dropOldUsage } from './periods/drop-old-usage.ts';
import { replayPeriod } from './replays/replay-period.ts';

const queue = { queue: 'metering', concurrency: 2 };
const days = z.object({ day: dayText });
const hours = z.object({ hour: instantText });
const periods = z.object({ period: periodText });
const nothing = z.object({});

export const meterADay = job({
  ...queue,
  name: 'meter-day',
  input: days,
  key: ({ day }) => day,
  schedule: { cron: '10 1 * * *', input: (at) => ({ day: dayBefore(at) }), catchUp: 'all' },
  run: async ({ input, scheduledAt }, ctx) => {
    if (scheduledAt !== null) await catchUpDays(ctx, input.day, scheduledAt);
    await meterDay(ctx, input.day);
  },
});

export const meterAnHour = job({
  ...queue,
  name: 'meter-hour',
  input: hours,
  key: ({ hour }) => hour,
  schedule: {
    cron: '10 * * * *',
    input: (at) => ({ hour: startOfHour(at).subtract({ hours: 1 }).toString() }),
    catchUp: 'all',
  },
  run: async ({ input }, ctx) => {
    await meterHour(ctx, Temporal.Instant.from(input.hour));
  },
});

/** Enqueued by whatever stores something about a day that is metered already; daily for days that a wider late window releases. */
export const meterTouched = job({
  ...queue,
  name: 'meter-touched-days',
  input: nothing,
  key: () => 'all',
  schedule: { cron: '40 1 * * *', input: () => ({}), catchUp: 'newest' },
  run: async (_, ctx) => {
    await meterTouchedDays(ctx);
  },
});

export const closeAPeriod = job({
  name: 'close-period',
  input: periods,
  key: ({ period }) => period,
  schedule: { cron: '0 3 1 * *', input: (at) => ({ period: addMonths(periodOf(at), -1) }), catchUp: 'all' },
  run: async ({ input, cause }, ctx) => {
    await closeBySchedule(ctx, input.period, cause);
  },
});

export const dropOld = job({
  name: 'drop-old-usage',
  input: nothing,
  key: () => 'all',
  schedule: { cron: '20 4 * * *', input: () => ({}), catchUp: 'newest' },
  run: async (_, ctx) => {
    await dropOldUsage(ctx);
  },
});

const replays = z.object({ replay_id: uuid });

export const replayAPeriod = job({
  name: 'replay-period',
  concurrency: 1,
  input: replays,
  key: ({ replay_id }) => replay_id,
  run: async (run, ctx) => {
    await replayPeriod(ctx, run);
  },
});

/** Enqueued at a start that finds billing kinds which are new in this version. */
export const consumeKinds = job({
  name: 'consume-new-kinds',
  concurrency: 1,
  input: z.object({ resource_kinds: z.array(z.string()) }),
  key: ({ resource_kinds }) => resource_kinds.join(' '),
  run: async (run, ctx) => {
    await consumeNewKinds(ctx, run);
  },
});

export const jobs = [meterADay, meterAnHour, meterTouched, closeAPeriod, dropOld, replayAPeriod, consumeKinds];
