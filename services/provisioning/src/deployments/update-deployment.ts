import { isOperator, isRefusal, type provisioning, type RequestRefusal, refuse, tenantScope } from '@arcadia/contracts';
import type { CommandRequest, ContractReply, ReadRequest } from '@arcadia/platform';
import { applyStanding } from '../billing-standing/apply-standing.ts';
import type { CommandContext, Context, Tx } from '../context.ts';
import {
  type Change,
  changeable,
  changeableByTenant,
  type Deployment,
  viewOf,
} from '../domain/deployments/deployment.ts';
import { effectiveAtOf } from '../domain/deployments/effective-at.ts';
import { claimBindings, foreignClaims } from '../store/deployments/binding-claims.ts';
import { findDeployment, lockDeployment } from '../store/deployments/deployments.ts';
import type { Tables } from '../store/schema.ts';
import { changeDeployment } from './change-deployment.ts';
import { noSuchDeployment } from './no-such-deployment.ts';
import { refuseUnknownNames } from './refuse-unknown-names.ts';
import { boundElsewhere, releaseBindings } from './release-bindings.ts';

type Contract = typeof provisioning.updateDeployment;
type Request = CommandRequest<Contract, Tables>;

/** The refusal of a name that does not exist. A tenant may change none of these fields, which is refused later. */
export const resolveNewNames = ({ input, actor, signal }: ReadRequest<Contract>, ctx: Context) =>
  isOperator(actor) ? refuseUnknownNames(ctx, { input, signal }) : Promise.resolve(null);

/** Changes the given fields of a deployment. Lifting the hold on billing carries out at once what the hold kept back. */
export async function updateDeployment(request: Request, ctx: CommandContext): ContractReply<Contract> {
  const { input, tx } = request;
  const updated = await change(request, ctx.clock.now());
  if (isRefusal(updated)) return updated;
  if (input.billing_action_suspended !== false) return viewOf(updated);
  await applyStanding(tx, [input.deployment_id], ctx);
  const after = await findDeployment(tx.sql, input.deployment_id, null);
  return after === null ? noSuchDeployment() : viewOf(after);
}

async function change(
  { input, actor, tx }: Request,
  now: Temporal.Instant,
): Promise<Deployment | RequestRefusal<Contract>> {
  const before = await lockDeployment(tx.sql, input.deployment_id, tenantScope(actor));
  if (before === null) return noSuchDeployment();
  const given = changeable.filter((field) => input[field] !== undefined);
  if (!isOperator(actor)) {
    const beyond = given.find((field) => !changeableByTenant.has(field));
    if (beyond !== undefined) return refuse('forbidden', `Only an operator may change ${beyond}.`);
    if (input.effective_at !== undefined) return refuse('forbidden', 'Only an operator may give effective_at.');
  }
  const effectiveAt = effectiveAtOf({ requested: input.effective_at, now, notBefore: before.effective_at });
  if (isRefusal(effectiveAt)) return effectiveAt;
  const patch: Partial<Deployment> = Object.fromEntries(
    given
      .filter((field) => JSON.stringify(input[field]) !== JSON.stringify(before[field]))
      .map((field) => [field, input[field]]),
  );
  if (Object.keys(patch).length === 0) return before;
  const made = { change: 'updated', actor: actor.subject, reason: input.reason ?? null, effectiveAt } as const;
  const refusal = await takeBindings(tx, { ...before, ...patch }, { isMove: input.move_bindings, change: made, now });
  if (refusal !== null) return refusal;
  return changeDeployment(tx, before, patch, made, now);
}

/** Claims the projects and tags of the deployment; bindings of others are taken over only by a move. */
async function takeBindings(
  tx: Tx,
  deployment: Deployment,
  given: { isMove: boolean; change: Change; now: Temporal.Instant },
): Promise<RequestRefusal<Contract> | null> {
  const [foreign, ...others] = await foreignClaims(tx.sql, deployment);
  if (foreign !== undefined) {
    if (!given.isMove) return boundElsewhere(foreign);
    const refusal = await releaseBindings(tx, [foreign, ...others], given.change, given.now);
    if (refusal !== null) return refusal;
  }
  await claimBindings(tx.sql, deployment);
  return null;
}
