import { dayInterval, type metering, type RequestInput, refuse } from '@arcadia/contracts';
import type { MeteringContext, MeteringTx } from './context.ts';
import { daysBetween } from './domain/windows.ts';
import { meterADay } from './jobs.ts';

type Asked = { input: RequestInput<typeof metering.runMetering>; tx: MeteringTx };

/** Have past days metered again, each as a job of its own. */
export async function runMetering({ input, tx }: Asked, ctx: MeteringContext) {
  const last = input.last_day ?? input.first_day;
  const now = ctx.clock.now();
  if (last < input.first_day)
    return refuse('invalid-range', `${input.first_day} to ${last}: the range ends before it begins`);
  if (Temporal.Instant.compare(dayInterval(last).end, now) > 0)
    return refuse('day-not-over', `${last} is not over yet`);
  const days = daysBetween(input.first_day, last);
  if (days.length > 400)
    return refuse('invalid-range', `${days.length} days are more than 400; meter them in several runs`);
  for (const day of days) await tx.enqueue(meterADay, { day }, { cause: `by-hand@${now.toString()}` });
  return { days: days.length };
}
