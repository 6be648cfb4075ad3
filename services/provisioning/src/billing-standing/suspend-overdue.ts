import { isRefusal } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { billingActor } from '../domain/billing-standing/billing-standing.ts';
import { beginSaga } from '../sagas/begin-saga.ts';
import { longOverdueDeployments, suspendedByBilling } from '../store/billing-standing/billing-standing.ts';
import { applyStanding } from './apply-standing.ts';

/**
 * Suspends deployments that have been past_due for longer than allowed, unless an operator holds them. Tries again to resume
 * deployments that are paid, but whose resumption failed.
 */
export async function suspendOverdue(_run: Pick<JobRun<unknown>, 'input'>, ctx: Context): Promise<void> {
  for (const deploymentId of await suspendedByBilling(ctx.db)) {
    await ctx.transact((tx) => applyStanding(tx, [deploymentId], ctx));
  }
  const { suspendAfterDays, provider } = ctx.config;
  if (suspendAfterDays === null || !provider.canWrite) return;
  const now = ctx.clock.now();
  const limit = now.subtract({ hours: 24 * suspendAfterDays });
  for (const { deployment_id, slug } of await longOverdueDeployments(ctx.db, limit)) {
    const saga = await ctx.transact((tx) =>
      beginSaga(tx, {
        sagaId: crypto.randomUUID(),
        kind: 'suspend',
        inputs: { deployment_id, confirm: slug, reason: 'its invoices stay unpaid' },
        startedBy: billingActor,
        now,
      }),
    );
    if (isRefusal(saga)) {
      ctx.log.info({ deployment: deployment_id, reason: saga.detail }, 'an overdue deployment was not suspended');
    }
  }
}
