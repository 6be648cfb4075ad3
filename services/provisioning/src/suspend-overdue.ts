import { isRefusal } from '@arcadia/contracts';
import type { ServiceContext } from '@arcadia/platform';
import type { Config } from './config.ts';
import { followStanding } from './follow-standing.ts';
import { billingActor } from './sagas/deployment-state.ts';
import { startSaga } from './start-saga.ts';
import { longOverdueDeployments, suspendedByBilling } from './store/billing-standing.ts';
import type { Schema } from './store/schema.ts';

/**
 * What has been past_due for longer than allowed is suspended, unless an operator holds it; and what is paid, but could not be
 * resumed when that was heard, is tried again.
 */
export async function suspendOverdue(ctx: ServiceContext<Schema, Config>): Promise<void> {
  for (const deploymentId of await suspendedByBilling(ctx.db)) await followStanding(deploymentId, ctx);
  const { suspendAfterDays, provider } = ctx.config;
  if (suspendAfterDays === null || !provider.canWrite) return;
  const now = ctx.clock.now();
  const limit = now.subtract({ hours: 24 * suspendAfterDays });
  for (const deployment of await longOverdueDeployments(ctx.db, limit)) {
    const saga = await ctx.transact((tx) =>
      startSaga(tx, {
        sagaId: crypto.randomUUID(),
        kind: 'suspend',
        inputs: {
          deployment_id: deployment.deployment_id,
          confirm: deployment.slug,
          reason: 'its invoices stay unpaid',
        },
        startedBy: billingActor,
        now,
      }),
    );
    if (isRefusal(saga)) ctx.log.info({ deployment: deployment.deployment_id, reason: saga.detail }, 'not suspended');
  }
}
