import {
  isOperator,
  isRefusal,
  provisioning,
  type Refusal,
  type RequestInput,
  type RequestRefusal,
  refuse,
} from '@arcadia/contracts';
import type { CommandRequest, ContractReply, ReadRequest } from '@arcadia/platform';
import type { CommandContext, Context, Tx } from '../context.ts';
import { type Change, type Deployment, deploymentChangedOf, viewOf } from '../domain/deployments/deployment.ts';
import { effectiveAtOf } from '../domain/deployments/effective-at.ts';
import { claimBindings, foreignClaims } from '../store/deployments/binding-claims.ts';
import { findNamesake, insertDeployment, insertDeploymentEvent } from '../store/deployments/deployments.ts';
import type { Tables } from '../store/schema.ts';
import { refuseUnknownTenants } from '../tenants/refuse-unknown-tenants.ts';
import { refuseUnknownNames } from './refuse-unknown-names.ts';
import { boundElsewhere } from './release-bindings.ts';

type Contract = typeof provisioning.createDeployment;
type Request = CommandRequest<Contract, Tables>;

/**
 * The tenant that will own the deployment; it must exist, and so must what the deployment is bound to. A tenant actor is not shown
 * which other tenants there are.
 */
export async function resolveNewDeployment(
  { input, actor, signal }: ReadRequest<Contract>,
  ctx: Context,
): Promise<{ tenantId: string } | RequestRefusal<Contract>> {
  const tenantId = tenantOf({ input, actor });
  if (isRefusal(tenantId)) return tenantId;
  const unknown = await refuseUnknownTenants(ctx, [tenantId]);
  if (unknown === null) return (await refuseUnknownNames(ctx, { input, signal })) ?? { tenantId };
  return isOperator(actor)
    ? unknown
    : refuse('unknown-tenant', `The tenant ${tenantId} is not created yet; the operator creates it.`);
}

/** Creates a deployment. A tenant creates its own; an operator may name the tenant, the id, the state and the date. */
export async function createDeployment(
  { input, actor, tx, resolved: { tenantId } }: Request & { resolved: { tenantId: string } },
  { clock }: CommandContext,
): ContractReply<Contract> {
  const now = clock.now();
  const effectiveAt = effectiveAtOf({ requested: input.effective_at, now, notBefore: null });
  if (isRefusal(effectiveAt)) return effectiveAt;
  const id = input.deployment_id ?? crypto.randomUUID();
  const deployment = newDeployment(input, { id, tenantId, effectiveAt, now });
  const change: Change = { change: 'created', actor: actor.subject, reason: null, effectiveAt };
  const [foreign] = await foreignClaims(tx.sql, deployment);
  if (foreign !== undefined) return boundElsewhere(foreign);
  if (!(await insertDeployment(tx.sql, deployment))) return nameTaken(tx, deployment);
  await claimBindings(tx.sql, deployment);
  await insertDeploymentEvent(tx.sql, deployment, null, { ...change, changed: {} });
  await tx.publish(provisioning.deploymentChanged, deploymentChangedOf(deployment, null, change), {
    occurredAt: effectiveAt,
  });
  return viewOf(deployment);
}

const operatorsOnly = [
  'deployment_id',
  'state',
  'billing_action_suspended',
  'project_bindings',
  'tag_bindings',
  'allow_unknown_bindings',
  'effective_at',
] as const;

/** The tenant that will own the deployment. */
function tenantOf({ input, actor }: Pick<Request, 'input' | 'actor'>): string | RequestRefusal<Contract> {
  const tenantId = isOperator(actor) ? (input.tenant_id ?? actor.tenant_id) : actor.tenant_id;
  if (tenantId === null) return refuse('tenant-missing', 'Give tenant_id: the tenant that will own the deployment.');
  if (isOperator(actor)) return tenantId;
  const beyond = operatorsOnly.find((field) => input[field] !== undefined);
  if (beyond !== undefined) return refuse('forbidden', `Only an operator may give ${beyond}.`);
  if (input.tenant_id !== undefined && input.tenant_id !== tenantId) {
    return refuse('forbidden', 'A tenant may create deployments only for itself; leave out tenant_id.');
  }
  return tenantId;
}

function newDeployment(
  input: RequestInput<Contract>,
  given: { id: string; tenantId: string; effectiveAt: Temporal.Instant; now: Temporal.Instant },
): Deployment {
  return {
    deployment_id: given.id,
    tenant_id: given.tenantId,
    slug: input.slug,
    display_name: input.display_name ?? input.slug,
    region: input.region ?? null,
    state: input.state ?? 'active',
    state_by: 'person',
    llm_mode: input.llm_mode ?? null,
    billing_action_suspended: input.billing_action_suspended ?? false,
    template_code: input.template_code ?? null,
    template_version: input.template_version ?? null,
    project_bindings: input.project_bindings ?? [],
    tag_bindings: input.tag_bindings ?? [],
    revision: 1,
    created_at: given.effectiveAt.toString(),
    effective_at: given.effectiveAt.toString(),
    updated_at: given.now.toString(),
  };
}

async function nameTaken(tx: Tx, deployment: Deployment): Promise<Refusal<'already-exists'>> {
  const taken = await findNamesake(tx.sql, {
    deploymentId: deployment.deployment_id,
    tenantId: deployment.tenant_id,
    slug: deployment.slug,
  });
  return taken === 'id'
    ? refuse('already-exists', `A deployment with the id ${deployment.deployment_id} exists already.`)
    : refuse('already-exists', `The tenant already has a deployment with the slug ${deployment.slug}.`);
}
