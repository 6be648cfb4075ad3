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
import { changeable, changeableByTenant, type Deployment, type DeploymentView, viewOf } from './domain/deployment.ts';
import { effectiveAtOf } from './domain/effective-at.ts';
import { boundElsewhere, releaseBindings } from './move-bindings.ts';
import { claimBindings, foreignClaims, lockDeployment } from './store/deployments.ts';
import type { Schema } from './store/schema.ts';

type Input = RequestInput<typeof provisioning.updateDeployment>;

export const noSuchDeployment = () => refuse('not-found', 'There is no such deployment.');

/** Change the fields that are given. Letting go the override takes effect with billing's next look at the deployment. */
export async function updateDeployment(
  tx: Tx<Schema>,
  asked: { input: Input; actor: Actor; now: Temporal.Instant },
): Promise<DeploymentView | Refusal> {
  const { input, actor, now } = asked;
  const before = await lockDeployment(tx.sql, input.deployment_id, tenantScope(actor));
  if (before === null) return noSuchDeployment();
  const given = changeable.filter((field) => input[field] !== undefined);
  if (!isOperator(actor)) {
    const beyond = given.find((field) => !changeableByTenant.has(field));
    if (beyond !== undefined) return refuse('forbidden', `Only an operator may change ${beyond}.`);
    if (input.effective_at !== undefined) return refuse('forbidden', 'Only an operator may date a change.');
  }
  const effectiveAt = effectiveAtOf({ asked: input.effective_at, now, notBefore: before.effective_at });
  if (isRefusal(effectiveAt)) return effectiveAt;
  const patch: Partial<Deployment> = Object.fromEntries(
    given
      .filter((field) => JSON.stringify(input[field]) !== JSON.stringify(before[field]))
      .map((field) => [field, input[field]]),
  );
  if (Object.keys(patch).length === 0) return viewOf(before);
  const change = { change: 'updated', actor: actor.subject, reason: input.reason ?? null, effectiveAt } as const;
  const [foreign, ...others] = await foreignClaims(tx.sql, { ...before, ...patch });
  if (foreign !== undefined) {
    const refusal = input.move_bindings
      ? await releaseBindings(tx, [foreign, ...others], change, now)
      : boundElsewhere(foreign);
    if (refusal !== null) return refusal;
  }
  await claimBindings(tx.sql, { ...before, ...patch });
  return viewOf(await changeDeployment(tx, before, patch, change, now));
}
