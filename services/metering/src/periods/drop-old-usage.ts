import type { Context } from '../context.ts';
import { retentionReason } from '../domain/periods/retention.ts';
import { holdIntake, holdPeriod } from '../store/locks.ts';
import { dropUsage, longestRetention, oldestKeptPeriod, uninvoicedTenants } from '../store/periods/drop-usage.ts';

/** Drops the facts of periods past their retention, oldest first, whole months at a time. Stops at the first that is kept. */
export async function dropOldUsage(ctx: Context): Promise<void> {
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
      const reason = retentionReason(facts, ctx.clock.now());
      if (reason === null) await dropUsage(tx.sql, period, ctx.clock.now());
      return reason;
    });
    ctx.log.info({ period, kept }, kept === null ? 'facts dropped' : 'facts kept');
    if (kept !== null) return;
  }
}
