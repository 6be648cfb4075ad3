import { dayInterval, type metering, refuse } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext } from '../context.ts';
import { daysBetween } from '../domain/days/windows.ts';
import { meterADay } from '../jobs.ts';
import type { Tables } from '../store/schema.ts';

/** Enqueues the metering of past days, one job per day. */
export async function requestMetering(
  { input, tx }: CommandRequest<typeof metering.runMetering, Tables>,
  ctx: CommandContext,
) {
  const last = input.last_day ?? input.first_day;
  const now = ctx.clock.now();
  if (last < input.first_day) return refuse('invalid-range', `${input.first_day} to ${last} ends before it begins.`);
  if (Temporal.Instant.compare(dayInterval(last).end, now) > 0)
    return refuse('day-not-over', `${last} is not over yet; meter it after midnight UTC.`);
  const days = daysBetween(input.first_day, last);
  if (days.length > 400)
    return refuse('invalid-range', `${days.length} days are too many for one run; send at most 400.`);
  for (const day of days) await tx.enqueue(meterADay, { day }, { cause: `by-hand@${now.toString()}` });
  return { days: days.length };
}
