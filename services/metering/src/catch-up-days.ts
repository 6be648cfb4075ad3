import type { MeteringContext } from './context.ts';
import { dayBefore } from './domain/windows.ts';
import { missedDays } from './store/metered-days.ts';

/**
 * The clock's tick for a day also has the days before it metered that were missed, each as a job of its own, oldest first: a
 * clock that jumps, and a service that was never up before, have no ticks to make up for. Of many ticks that are made up for
 * at once only the newest looks, because the others are those days.
 */
export async function catchUpDays(ctx: MeteringContext, day: string, tick: Temporal.Instant): Promise<void> {
  if (day !== dayBefore(ctx.clock.now())) return;
  await ctx.transact(async (tx) => {
    const missed = await missedDays(tx.sql, day);
    for (const each of missed) await tx.enqueue('meter-day', { day: each }, { cause: `missed@${tick.toString()}` });
    if (missed.length > 0) ctx.log.info({ missed }, 'missed days are metered');
  });
}
