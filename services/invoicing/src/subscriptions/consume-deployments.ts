import { provisioning } from '@arcadia/contracts';
import { consumer, type Received, type Tx } from '@arcadia/platform';
import type { InvoicingConfig } from '../config.ts';
import { isPausedAt, liveAt, statusAt } from '../domain/subscriptions/subscription-state.ts';
import { waitingRunsOf } from '../store/invoices/runs.ts';
import type { Schema } from '../store/schema.ts';
import { endPause, endSubscription, insertPause, setTrialEnd } from '../store/subscriptions/subscription-changes.ts';
import { type Subscription, subscriptionsOf } from '../store/subscriptions/subscriptions.ts';
import { projectDeployments } from '../store/tenants/deployments.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { publishSubscription } from './publish-subscription.ts';

type Changed = Received<typeof provisioning.deploymentChanged>['data'];

/** What a deployment's change of state does to its subscription; false: nothing. */
const applyTransition = async (tx: Tx<Schema>, changed: Changed, subscription: Subscription): Promise<boolean> => {
  const id = subscription.subscription_id;
  const at = Temporal.Instant.from(changed.effective_at);
  if (changed.state === 'cancelled' || changed.state === 'archived') {
    await endSubscription(tx.sql, id, changed.effective_at);
    return true;
  }
  if (changed.state === 'paused' && !isPausedAt(subscription, at)) {
    const isScheduled = statusAt(subscription, at) === 'scheduled';
    await insertPause(tx.sql, id, isScheduled ? subscription.starts_at : changed.effective_at);
    return true;
  }
  if (changed.previous_state === 'paused' && changed.state !== 'paused' && isPausedAt(subscription, at)) {
    await endPause(tx.sql, id, changed.effective_at);
    return true;
  }
  if (changed.previous_state === 'trial' && changed.state === 'active' && statusAt(subscription, at) === 'trial') {
    await setTrialEnd(tx.sql, id, changed.effective_at);
    return true;
  }
  return false;
};

/**
 * Keeps the list of deployments, and lets a deployment's pause, resume and cancellation change its subscription. Each event
 * once, because taking a pause back and then hearing of it again must not pause anew.
 */
export const consumeDeployments = consumer<typeof provisioning.deploymentChanged, Schema, InvoicingConfig>({
  name: 'deployments',
  consumes: [provisioning.deploymentChanged],
  dedupe: 'inbox',
  async handle(batch, tx, ctx) {
    await projectDeployments(
      tx.sql,
      batch.map(({ data }) => data),
    );
    const transitions = batch
      .map(({ data }) => data)
      .filter(({ state, previous_state }) => previous_state !== null && state !== previous_state);
    for (const tenantId of [...new Set(transitions.map(({ tenant_id }) => tenant_id))].toSorted())
      await lockTenant(tx.sql, tenantId);
    for (const changed of transitions.toSorted((a, b) => a.revision - b.revision)) {
      const at = Temporal.Instant.from(changed.effective_at);
      const subscription = liveAt(await subscriptionsOf(tx.sql, changed.deployment_id), at);
      if (subscription === null || !(await applyTransition(tx, changed, subscription))) continue;
      await publishSubscription(tx, { subscriptionId: subscription.subscription_id, from: at, now: ctx.clock.now() });
    }
    const tenants = new Set(batch.map(({ data }) => data.tenant_id));
    for (const { period, tenantId, closeRevision, isForced } of await waitingRunsOf(tx.sql, [...tenants])) {
      const input = { period, tenant_id: tenantId, close_revision: closeRevision, is_forced: isForced };
      await tx.enqueue('invoice-tenant', input, { cause: batch.at(-1)?.id ?? period });
    }
  },
});
