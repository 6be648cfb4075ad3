import type { EventData, invoicing } from '@arcadia/contracts';
import type { Received, ServiceContext, Tx } from '@arcadia/platform';
import { changeDeployment } from './change-deployment.ts';
import type { Config } from './config.ts';
import { billingMove, isResumedByPayment, type Standing } from './domain/billing-standing.ts';
import type { Deployment } from './domain/deployment.ts';
import { billingActor, laterOf } from './sagas/deployment-state.ts';
import { startSaga } from './start-saga.ts';
import { keepStanding, type StandingChange, withOverdueInvoices } from './store/billing-standing.ts';
import { lockDeployments } from './store/deployments.ts';
import type { Schema } from './store/schema.ts';

type Told = typeof invoicing.invoiceOverdue | typeof invoicing.invoicePaid | typeof invoicing.invoiceVoided;

/** Invoices become overdue and are settled; either may be heard first, and each as often as it likes. */
export async function followInvoices(
  batch: Received<Told>[],
  tx: Tx<Schema>,
  ctx: ServiceContext<Schema, Config>,
): Promise<void> {
  const changes = batch.flatMap(changesOf);
  if (changes.length === 0) return;
  await keepStanding(tx.sql, changes);
  await applyStanding(tx, [...new Set(changes.map(({ deploymentId }) => deploymentId))], ctx);
}

function changesOf(heard: Received<Told>): StandingChange[] {
  const data = heard.data as EventData<Told>;
  const at =
    'overdue_at' in data
      ? { overdueAt: data.overdue_at, settledAt: null }
      : { overdueAt: null, settledAt: 'paid_at' in data ? data.paid_at : data.voided_at };
  return data.deployment_ids.map((deploymentId) => ({ invoiceId: data.invoice_id, deploymentId, ...at }));
}

/** Move each of these deployments to where its invoices put it, unless an operator holds it. */
export async function applyStanding(
  tx: Tx<Schema>,
  deploymentIds: readonly string[],
  ctx: Pick<ServiceContext<Schema, Config>, 'clock' | 'config'>,
): Promise<void> {
  const deployments = await lockDeployments(tx.sql, deploymentIds);
  const overdue = await withOverdueInvoices(tx.sql, deploymentIds);
  const now = ctx.clock.now();
  for (const deployment of deployments) {
    const standing = standingOf(deployment, overdue);
    const state = billingMove(standing);
    if (state !== null) {
      await changeDeployment(tx, deployment, { state, state_by: 'billing' }, moveOf(deployment, state, now), now);
    } else if (isResumedByPayment(standing)) await resume(tx, deployment, ctx, now);
  }
}

const standingOf = (deployment: Deployment, overdue: ReadonlySet<string>): Standing => ({
  state: deployment.state,
  stateBy: deployment.state_by,
  isHeld: deployment.billing_action_suspended,
  hasOverdue: overdue.has(deployment.deployment_id),
});

const moveOf = (deployment: Deployment, state: Deployment['state'], now: Temporal.Instant) => ({
  change: 'transitioned' as const,
  actor: billingActor,
  reason: state === 'past_due' ? 'an invoice is overdue' : 'its invoices are settled',
  effectiveAt: laterOf(now, deployment.effective_at),
});

/** Its droplets were switched off, so they are switched on again; an installation that may not write switched none off. */
async function resume(
  tx: Tx<Schema>,
  deployment: Deployment,
  ctx: Pick<ServiceContext<Schema, Config>, 'config'>,
  now: Temporal.Instant,
): Promise<void> {
  if (!ctx.config.provider.canWrite) {
    await changeDeployment(
      tx,
      deployment,
      { state: 'active', state_by: 'billing' },
      moveOf(deployment, 'active', now),
      now,
    );
    return;
  }
  await startSaga(tx, {
    sagaId: crypto.randomUUID(),
    kind: 'resume',
    inputs: { deployment_id: deployment.deployment_id, reason: 'its invoices are settled' },
    startedBy: billingActor,
    now,
  });
}
