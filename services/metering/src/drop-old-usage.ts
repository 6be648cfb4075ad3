import type { MeteringContext } from './context.ts';
import { whyKept } from './domain/retention.ts';
import { dropUsage, longestRetention, oldestKeptPeriod, uninvoicedTenants } from './store/drop-usage.ts';
import { holdIntake, holdPeriod } from './store/locks.ts';

/** Drop the facts of periods that nothing needs any more, oldest first, whole months at a time. Stops at the first that is kept. */
export async function dropOldUsage(ctx: MeteringContext): Promise<void> {
  for (;;) {
    const oldest = await oldestKeptPeriod(ctx.db);
    if (oldest === undefined) return;
    const { period } = oldest;
    const kept = await ctx.transact(async (tx) => {
      await holdIntake(tx.sql);
      await holdPeriod(tx.sql, period);
      const facts = {
        period,
        status: oldest.status,
        retentionDays: await longestRetention(tx.sql, period),
        lateWindowDays: ctx.config.lateWindowDays,
        uninvoicedTenants: await uninvoicedTenants(tx.sql, period),
      };
      const reason = whyKept(facts, ctx.clock.now());
      if (reason === null) await dropUsage(tx.sql, period, ctx.clock.now());
      return reason;
    });
    ctx.log.info({ period, kept }, kept === null ? 'facts dropped' : 'facts kept');
    if (kept !== null) return;
  }
}
