import type { JobRun } from '@arcadia/platform';
import type { CommandContext, Context, Tx } from '../context.ts';
import { changeDeployment } from '../deployments/change-deployment.ts';
import {
  billingActor,
  billingMove,
  isResumedByPayment,
  type Standing,
} from '../domain/billing-standing/billing-standing.ts';
import type { Change, Deployment } from '../domain/deployments/deployment.ts';
import { laterOf } from '../domain/deployments/effective-at.ts';
import { beginSaga } from '../sagas/begin-saga.ts';
import { withOverdueInvoices } from '../store/billing-standing/billing-standing.ts';
import { lockDeployments } from '../store/deployments/deployments.ts';

/** Moves deployments to the states that follow from their invoices, unless an operator holds them. */
export async function applyStanding(
  tx: Tx,
  deploymentIds: readonly string[],
  ctx: Pick<CommandContext, 'clock' | 'config'>,
): Promise<void> {
  const deployments = await lockDeployments(tx.sql, deploymentIds);
  const overdue = await withOverdueInvoices(tx.sql, deploymentIds);
  const now = ctx.clock.now();
  for (const deployment of deployments) {
    const standing = standingOf(deployment, overdue);
    const state = billingMove(standing);
    if (state !== null) await move(tx, deployment, state, now);
    else if (isResumedByPayment(standing)) await resume(tx, deployment, ctx.config.provider.canWrite, now);
  }
}

/** Applies the standing of one deployment, as a job. */
export const followStanding = ({ input }: JobRun<{ deployment_id: string }>, ctx: Context): Promise<void> =>
  ctx.transact((tx) => applyStanding(tx, [input.deployment_id], ctx));

const standingOf = (deployment: Deployment, overdue: ReadonlySet<string>): Standing => ({
  state: deployment.state,
  stateBy: deployment.state_by,
  isHeld: deployment.billing_action_suspended,
  hasOverdue: overdue.has(deployment.deployment_id),
});

async function move(tx: Tx, deployment: Deployment, state: Deployment['state'], now: Temporal.Instant): Promise<void> {
  const change: Change = {
    change: 'transitioned',
    actor: billingActor,
    reason: state === 'past_due' ? 'an invoice is overdue' : 'its invoices are settled',
    effectiveAt: laterOf(now, deployment.effective_at),
  };
  await changeDeployment(tx, deployment, { state, state_by: 'billing' }, change, now);
}

/**
 * Resumes a deployment by a saga, which switches its droplets on. An installation that may not write has switched none off, so
 * there the state alone changes.
 */
async function resume(tx: Tx, deployment: Deployment, canWrite: boolean, now: Temporal.Instant): Promise<void> {
  if (!canWrite) return move(tx, deployment, 'active', now);
  // A refusal means that another saga works on the deployment; its end applies the standing again.
  await beginSaga(tx, {
    sagaId: crypto.randomUUID(),
    kind: 'resume',
    inputs: { deployment_id: deployment.deployment_id, reason: 'its invoices are settled' },
    startedBy: billingActor,
    now,
  });
}
