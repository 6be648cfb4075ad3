import type { JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { deleteDeliveriesBefore } from '../store/deliveries.ts';
import { forgetFailingBefore } from '../store/export-health.ts';
import { deleteRunsBefore } from '../store/export-runs.ts';

/** Deletes notifications, the log of their deliveries and runs of exports once they are older than the setting, in steps. */
export async function dropOldDeliveries({ signal }: JobRun<object>, ctx: Context): Promise<void> {
  const before = ctx.clock.now().subtract({ hours: ctx.config.logDays * 24 });
  while (!signal.aborted && (await deleteDeliveriesBefore(ctx.db, before)));
  while (!signal.aborted && (await deleteRunsBefore(ctx.db, before)));
  await forgetFailingBefore(ctx.db, before);
}
