import type { Context } from '../context.ts';
import { dayBefore } from '../domain/days/windows.ts';
import { missedDays } from '../store/days/metered-days.ts';

/**
 * The scheduled tick of a day also enqueues the metering of earlier days that were missed, one job per day, oldest first: a
 * clock that jumps, or a service that starts for the first time, has no missed ticks to catch up. Of several ticks that are
 * caught up at once only the newest does this, because the others are those days.
 */
export async function catchUpDays(ctx: Context, day: string, tick: Temporal.Instant): Promise<void> {
  if (day !== dayBefore(ctx.clock.now())) return;
  await ctx.transact(async (tx) => {
    const missed = await missedDays(tx.sql, day);
    for (const each of missed) await tx.enqueue('meter-day', { day: each }, { cause: `missed@${tick.toString()}` });
    if (missed.length > 0) ctx.log.info({ missed }, 'missed days are enqueued for metering');
  });
}
