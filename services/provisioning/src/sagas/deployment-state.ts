import type { provisioning } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { changeDeployment } from '../change-deployment.ts';
import type { Deployment } from '../domain/deployment.ts';
import { allowedTransitions } from '../domain/transitions.ts';
import { lockDeployment } from '../store/deployments.ts';
import type { Schema } from '../store/schema.ts';
import { StepFailure, type StepRun } from './step.ts';

/**
 * Moves the saga's deployment through these states, in the transaction that completes the step. A state it is in already
 * is skipped; a move that the table does not know fails the step.
 */
export function setSagaState(
  run: Pick<StepRun, 'saga' | 'now'>,
  states: readonly provisioning.DeploymentState[],
): (tx: Tx<Schema>) => Promise<void> {
  return async (tx) => {
    const { saga, now } = run;
    let deployment = saga.deploymentId === null ? null : await lockDeployment(tx.sql, saga.deploymentId, null);
    if (deployment === null) throw new StepFailure('The deployment is not there.');
    for (const state of states) {
      if (deployment.state === state) continue;
      if (!allowedTransitions(deployment.state).includes(state)) {
        throw new StepFailure(`A deployment that is ${deployment.state} cannot become ${state}.`);
      }
      const isBilling = saga.startedBy === billingActor;
      if (isBilling) mustStillBeBillings(deployment, state);
      deployment = await changeDeployment(
        tx,
        deployment,
        { state, state_by: isBilling ? 'billing' : 'saga' },
        {
          change: 'transitioned',
          actor: saga.startedBy,
          reason: `saga ${saga.kind} ${saga.id}`,
          effectiveAt: laterOf(now, deployment.effective_at),
        },
        now,
      );
    }
  };
}

/** Since billing began, an operator may have taken the deployment out of its hands, or its invoices may have been paid. */
function mustStillBeBillings(deployment: Deployment, to: provisioning.DeploymentState): void {
  if (deployment.billing_action_suspended)
    throw new StepFailure('An operator holds what billing does to the deployment.');
  if (to === 'suspended' && deployment.state !== 'past_due') {
    throw new StepFailure(`Billing suspends what is past_due, and the deployment is ${deployment.state}.`);
  }
}

/** The actor of what follows from invoices by itself. */
export const billingActor = 'service:provisioning/billing';

export function laterOf(now: Temporal.Instant, floor: string): Temporal.Instant {
  const at = Temporal.Instant.from(floor);
  return Temporal.Instant.compare(at, now) > 0 ? at : now;
}
