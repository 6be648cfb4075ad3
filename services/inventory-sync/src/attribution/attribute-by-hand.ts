import { type inventorySync, isRefusal, provisioning, type Refusal, refuse, serviceActor } from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import type { CommandContext, Context, Tx } from '../context.ts';
import { isBefore, later, toMicroseconds } from '../domain/resources/resource.ts';
import { withChanges } from '../domain/resources/timeline.ts';
import { publishKnown } from '../resources/publish-changes.ts';
import { holdAttribution } from '../store/attribution/attribution-lock.ts';
import { findDeployment, type KnownDeployment } from '../store/attribution/deployments.ts';
import { keepHandAttribution } from '../store/attribution/hand-attributions.ts';
import { type KnownResource, lockResources } from '../store/resources/resource-histories.ts';
import { findResource, resourceView } from '../store/resources/select-resources.ts';
import type { Tables } from '../store/schema.ts';
import { inheritOwner } from './inherit-owner.ts';

type Contract = typeof inventorySync.attributeResource;

/**
 * The deployment that the request names: from our own projection, or from provisioning if it was created a moment ago.
 * @returns null if the request names none, or none that exists
 */
export async function findNamedDeployment(
  { input }: ReadRequest<Contract>,
  ctx: Context,
): Promise<KnownDeployment | null> {
  const id = input.deployment_id;
  if (typeof id !== 'string') return null;
  const known = await findDeployment(ctx.db, id);
  if (known !== null) return known;
  const reply = await ctx.request(
    provisioning.getDeployment,
    { deployment_id: id },
    { actor: serviceActor('inventory-sync'), deadlineMs: 2_000 },
  );
  if (isRefusal(reply)) return null;
  return { tenantId: reply.tenant_id, createdAt: Temporal.Instant.from(reply.created_at) };
}

/**
 * Attributes a resource by hand, from an instant that may lie in the past. The history of the resource from that instant on is
 * published again with its new owner, and so are the histories of the resources that inherit from it. Nothing else changes an
 * owner before the instant at which the owner was first known.
 */
export async function attributeByHand(
  { input, actor, tx, resolved }: CommandRequest<Contract, Tables> & { resolved: KnownDeployment | null },
  ctx: CommandContext,
) {
  const now = toMicroseconds(ctx.clock.now());
  if ((input.automatic === true) === (input.deployment_id !== undefined))
    return refuse('invalid-attribution', 'Set either deployment_id (null for no owner) or automatic, but not both.');
  await holdAttribution(tx.sql);
  const [resource] = await lockResources(tx.sql, [input.resource_id]);
  const first = resource?.history[0];
  if (resource === undefined || first === undefined) return noResource(input.resource_id);
  if (typeof input.deployment_id === 'string' && resolved === null)
    return refuse('unknown-deployment', `There is no deployment ${input.deployment_id}.`);
  const requestedAt =
    input.effective_at === undefined ? now : toMicroseconds(Temporal.Instant.from(input.effective_at));
  const refusal = checkEffectiveAt(requestedAt, { now, resource, deployment: resolved });
  if (refusal !== null) return refusal;

  const effectiveAt = later(requestedAt, first.at);
  const owner =
    input.automatic === true
      ? null
      : { tenant_id: resolved?.tenantId ?? null, deployment_id: input.deployment_id ?? null };
  await keepHandAttribution(tx.sql, {
    resourceId: resource.resourceId,
    effectiveAt,
    isAutomatic: owner === null,
    tenantId: owner?.tenant_id ?? null,
    deploymentId: owner?.deployment_id ?? null,
    actor: actor.subject,
    reason: input.reason ?? null,
    decidedAt: now,
  });
  await publishClaim(tx, {
    resource,
    claim: { at: effectiveAt, owner },
    now,
    actor: actor.subject,
    reason: input.reason,
  });
  const row = await findResource(tx.sql, { id: resource.resourceId, tenant: null });
  return row === undefined ? noResource(input.resource_id) : resourceView(row);
}

const noResource = (id: string) => refuse('not-found', `There is no resource ${id}.`);

function checkEffectiveAt(
  at: Temporal.Instant,
  { now, resource, deployment }: { now: Temporal.Instant; resource: KnownResource; deployment: KnownDeployment | null },
): Refusal<'effective-at-refused'> | null {
  if (isBefore(now, at))
    return refuse(
      'effective-at-refused',
      `effective_at ${at} lies in the future; set an instant that is not after now.`,
    );
  const last = resource.history.at(-1);
  if (last !== undefined && !last.state.is_present && !isBefore(at, last.at))
    return refuse(
      'effective-at-refused',
      `${resource.kind} ${resource.providerId} was deleted at ${last.at}; set effective_at to an instant before that.`,
    );
  if (deployment !== null && isBefore(at, deployment.createdAt))
    return refuse(
      'effective-at-refused',
      `The deployment exists since ${deployment.createdAt}; set effective_at to that instant or a later one.`,
    );
  return null;
}

/** Publishes the history of the resource with its new owner, and then the histories of the resources that inherit from it. */
async function publishClaim(
  tx: Tx,
  {
    resource,
    claim,
    now,
    actor,
    reason,
  }: {
    resource: KnownResource;
    claim: KnownResource['claims'][number];
    now: Temporal.Instant;
    actor: string;
    reason: string | undefined;
  },
): Promise<void> {
  const others = resource.claims.filter(({ at }) => !at.equals(claim.at));
  const after = withChanges(resource.history, [], [...others, claim]);
  const details = reason === undefined ? {} : { reason };
  const published = await publishKnown(tx, [{ resource, after, observedAt: now, actor, details }]);
  if (published.changed === 0) return;
  await inheritOwner(tx, { source: { resourceId: resource.resourceId, after }, from: claim.at, now, actor });
}
