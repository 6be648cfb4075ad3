import {
  type Actor,
  isOperator,
  isRefusal,
  provisioning,
  type Refusal,
  type RequestInput,
  refuse,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { type Change, type Deployment, type DeploymentView, deploymentChangedOf, viewOf } from './domain/deployment.ts';
import { effectiveAtOf } from './domain/effective-at.ts';
import { boundElsewhere } from './move-bindings.ts';
import {
  claimBindings,
  findNamesake,
  foreignClaims,
  insertDeployment,
  insertDeploymentEvent,
} from './store/deployments.ts';
import type { Schema } from './store/schema.ts';

type Input = RequestInput<typeof provisioning.createDeployment>;

const operatorsOnly = [
  'deployment_id',
  'state',
  'billing_action_suspended',
  'project_bindings',
  'tag_bindings',
  'effective_at',
] as const;

/** A tenant makes deployments for itself; an operator for any tenant, and may name and date what is moved in. */
export async function createDeployment(
  tx: Tx<Schema>,
  asked: { input: Input; actor: Actor; newId: string; now: Temporal.Instant },
): Promise<DeploymentView | Refusal> {
  const { input, actor, now } = asked;
  const tenantId = isOperator(actor) ? (input.tenant_id ?? actor.tenant_id) : actor.tenant_id;
  if (tenantId === null) return refuse('tenant-missing', 'Name the tenant whose deployment it is.');
  if (!isOperator(actor)) {
    const beyond = operatorsOnly.find((field) => input[field] !== undefined);
    if (beyond !== undefined) return refuse('forbidden', `Only an operator may give ${beyond}.`);
    if (input.tenant_id !== undefined && input.tenant_id !== tenantId) {
      return refuse('forbidden', 'A deployment is made for the tenant who asks.');
    }
  }
  const effectiveAt = effectiveAtOf({ asked: input.effective_at, now, notBefore: null });
  if (isRefusal(effectiveAt)) return effectiveAt;
  const deployment = newDeployment(input, { id: input.deployment_id ?? asked.newId, tenantId, effectiveAt, now });
  const change: Change = { change: 'created', actor: actor.subject, reason: null, effectiveAt };
  const [foreign] = await foreignClaims(tx.sql, deployment);
  if (foreign !== undefined) return boundElsewhere(foreign);
  if (!(await insertDeployment(tx.sql, deployment))) return await nameTaken(tx, deployment);
  await claimBindings(tx.sql, deployment);
  await insertDeploymentEvent(tx.sql, deployment, null, { ...change, changed: {} });
  await tx.publish(provisioning.deploymentChanged, deploymentChangedOf(deployment, null, change), {
    occurredAt: effectiveAt,
  });
  return viewOf(deployment);
}

function newDeployment(
  input: Input,
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

async function nameTaken(tx: Tx<Schema>, deployment: Deployment): Promise<Refusal> {
  const taken = await findNamesake(tx.sql, {
    deploymentId: deployment.deployment_id,
    tenantId: deployment.tenant_id,
    slug: deployment.slug,
  });
  return taken === 'id'
    ? refuse('already-exists', `There is a deployment ${deployment.deployment_id} already.`)
    : refuse('already-exists', `The tenant has a deployment ${deployment.slug} already.`);
}
