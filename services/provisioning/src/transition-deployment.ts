import {
  type Actor,
  isOperator,
  isRefusal,
  type provisioning,
  type Refusal,
  type RequestInput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { changeDeployment } from './change-deployment.ts';
import { type DeploymentView, viewOf } from './domain/deployment.ts';
import { effectiveAtOf } from './domain/effective-at.ts';
import { transitionRefusal } from './domain/transitions.ts';
import { lockDeployment } from './store/deployments.ts';
import type { Schema } from './store/schema.ts';
import { noSuchDeployment } from './update-deployment.ts';

type Input = RequestInput<typeof provisioning.transitionDeployment>;

/** A person moves a deployment. The table decides whether that is possible, the role whether this person may. */
export async function transitionDeployment(
  tx: Tx<Schema>,
  asked: { input: Input; actor: Actor; now: Temporal.Instant },
): Promise<DeploymentView | Refusal> {
  const { input, actor, now } = asked;
  const before = await lockDeployment(tx.sql, input.deployment_id, tenantScope(actor));
  if (before === null) return noSuchDeployment();
  const refusal = transitionRefusal({ from: before.state, to: input.to }, actor);
  if (refusal !== null) return refusal;
  if (input.effective_at !== undefined && !isOperator(actor)) {
    return refuse('forbidden', 'Only an operator may date a transition.');
  }
  const effectiveAt = effectiveAtOf({ asked: input.effective_at, now, notBefore: before.effective_at });
  if (isRefusal(effectiveAt)) return effectiveAt;
  const change = { change: 'transitioned', actor: actor.subject, reason: input.reason ?? null, effectiveAt } as const;
  return viewOf(await changeDeployment(tx, before, { state: input.to, state_by: 'person' }, change, now));
}
