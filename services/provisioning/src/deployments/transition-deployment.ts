import { isOperator, isRefusal, type provisioning, refuse, tenantScope } from '@arcadia/contracts';
import type { CommandRequest, ContractReply } from '@arcadia/platform';
import type { CommandContext } from '../context.ts';
import { viewOf } from '../domain/deployments/deployment.ts';
import { effectiveAtOf } from '../domain/deployments/effective-at.ts';
import { transitionRefusal } from '../domain/deployments/transitions.ts';
import { lockDeployment } from '../store/deployments/deployments.ts';
import type { Tables } from '../store/schema.ts';
import { changeDeployment } from './change-deployment.ts';
import { noSuchDeployment } from './no-such-deployment.ts';

type Contract = typeof provisioning.transitionDeployment;

/** Moves a deployment to another state. The table of transitions defines which moves exist, and which of them a tenant may make. */
export async function transitionDeployment(
  { input, actor, tx }: CommandRequest<Contract, Tables>,
  { clock }: CommandContext,
): ContractReply<Contract> {
  const now = clock.now();
  const before = await lockDeployment(tx.sql, input.deployment_id, tenantScope(actor));
  if (before === null) return noSuchDeployment();
  const refusal = transitionRefusal({ from: before.state, to: input.to }, actor);
  if (refusal !== null) return refusal;
  if (input.effective_at !== undefined && !isOperator(actor)) {
    return refuse('forbidden', 'Only an operator may give effective_at.');
  }
  const effectiveAt = effectiveAtOf({ requested: input.effective_at, now, notBefore: before.effective_at });
  if (isRefusal(effectiveAt)) return effectiveAt;
  const change = { change: 'transitioned', actor: actor.subject, reason: input.reason ?? null, effectiveAt } as const;
  return viewOf(await changeDeployment(tx, before, { state: input.to, state_by: 'person' }, change, now));
}
