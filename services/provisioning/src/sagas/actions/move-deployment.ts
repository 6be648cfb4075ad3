import type { provisioning } from '@arcadia/contracts';
import type { Tx } from '../../context.ts';
import { changeDeployment } from '../../deployments/change-deployment.ts';
import { billingActor } from '../../domain/billing-standing/billing-standing.ts';
import type { Deployment } from '../../domain/deployments/deployment.ts';
import { laterOf } from '../../domain/deployments/effective-at.ts';
import { allowedTransitions } from '../../domain/deployments/transitions.ts';
import { lockDeployment } from '../../store/deployments/deployments.ts';
import { type Step, StepFailure, type StepRun } from '../step.ts';

/**
 * A step that moves the saga's deployment through these states, in the transaction that completes the step. A state that it is
 * in already is skipped; a transition that the table does not allow fails the step.
 */
export const moveDeployment = (name: string, states: readonly provisioning.DeploymentState[]): Step<unknown> => ({
  name,
  execute: async (run) => ({ done: {}, record: (tx) => move(tx, run, states) }),
});

async function move(
  tx: Tx,
  { saga, now }: Pick<StepRun, 'saga' | 'now'>,
  states: readonly provisioning.DeploymentState[],
): Promise<void> {
  let deployment = saga.deploymentId === null ? null : await lockDeployment(tx.sql, saga.deploymentId, null);
  if (deployment === null) throw new StepFailure(`There is no deployment ${saga.deploymentId}.`);
  for (const state of states) {
    if (deployment.state === state) continue;
    if (!allowedTransitions(deployment.state).includes(state)) {
      throw new StepFailure(`A deployment that is ${deployment.state} cannot become ${state}.`);
    }
    const isBilling = saga.startedBy === billingActor;
    if (isBilling) assertBillingMay(deployment, state);
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
}

/** Since billing started the saga, an operator may have put a hold on the deployment, or its invoices may have been paid. */
function assertBillingMay(deployment: Deployment, to: provisioning.DeploymentState): void {
  if (deployment.billing_action_suspended) {
    throw new StepFailure("An operator holds billing's actions on the deployment.");
  }
  if (to === 'suspended' && deployment.state !== 'past_due') {
    throw new StepFailure(`Billing suspends only a deployment that is past_due; this one is ${deployment.state}.`);
  }
}
