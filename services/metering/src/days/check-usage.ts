import type { HealthFact } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { dayBefore } from '../domain/days/windows.ts';
import { meteredShare } from '../store/days/metered-days.ts';

/**
 * Which share of the days of the open months is metered. Yesterday is left out: its metering may not have begun. Before the first
 * night no day is metered, and while a month is played, the player meters its days.
 */
export async function checkUsage(ctx: Context): Promise<HealthFact> {
  const now = ctx.clock.now();
  const { due, metered, firstMissing } = await meteredShare(ctx.db, dayBefore(now));
  const missing = due - metered;
  if (due > 0 && metered === 0) return { ok: true, missing_days: missing };
  const figures = { missing_days: missing, completeness: due === 0 ? 1 : metered / due };
  const isPlayed = Math.abs(ctx.wallClock.now().since(now).total('minutes')) > 1;
  if (missing === 0 || isPlayed) return { ok: true, ...figures };
  return { ok: true, ...figures, warning: `${missing} days are not metered, the first is ${firstMissing}` };
}
