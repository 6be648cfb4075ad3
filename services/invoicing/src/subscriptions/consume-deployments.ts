import type { provisioning } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import { isPausedAt, liveAt, statusAt } from '../domain/subscriptions/subscription-state.ts';
import { enqueueRuns } from '../invoices/enqueue-runs.ts';
import { waitingRunsOf } from '../store/invoices/runs.ts';
import { endPause, endSubscription, insertPause, setTrialEnd } from '../store/subscriptions/subscription-changes.ts';
import { type Subscription, subscriptionsOf } from '../store/subscriptions/subscriptions.ts';
import { projectDeployments } from '../store/tenants/deployments.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { createFoundTenants } from '../tenants/publish-tenants.ts';
import { publishSubscription } from './publish-subscription.ts';

type Event = Received<typeof provisioning.deploymentChanged>;
type Changed = Event['data'];

/** Applies a deployment's change of state to its subscription. @returns false if it changes nothing */
const applyTransition = async (tx: Tx, changed: Changed, subscription: Subscription): Promise<boolean> => {
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
 * Keeps the list of deployments, changes subscriptions as their deployments pause, resume and end, and starts the invoice runs
 * that waited for these deployments.
 */
export async function consumeDeployments(batch: Event[], tx: Tx, ctx: CommandContext): Promise<void> {
  const changes = batch.map(({ data }) => data);
  await projectDeployments(tx.sql, changes);
  const transitions = changes.filter(
    ({ state, previous_state }) => previous_state !== null && state !== previous_state,
  );
  for (const tenantId of [...new Set(transitions.map(({ tenant_id }) => tenant_id))].toSorted())
    await lockTenant(tx.sql, tenantId);
  for (const changed of transitions.toSorted((a, b) => a.revision - b.revision)) {
    const at = Temporal.Instant.from(changed.effective_at);
    const subscription = liveAt(await subscriptionsOf(tx.sql, changed.deployment_id), at);
    if (subscription === null || !(await applyTransition(tx, changed, subscription))) continue;
    await publishSubscription(tx, { subscriptionId: subscription.subscription_id, from: at, now: ctx.clock.now() });
  }
  // After the locks, as in the command that creates a tenant.
  await createFoundTenants(
    tx,
    changes.map(({ tenant_id }) => tenant_id),
  );
  const tenants = new Set(changes.map(({ tenant_id }) => tenant_id));
  await enqueueRuns(tx, await waitingRunsOf(tx.sql, [...tenants]));
}
