import {
  type inventorySync,
  isRefusal,
  provisioning,
  type Refusal,
  type RequestOutput,
  refuse,
  serviceActor,
} from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext, Context, Tx } from '../context.ts';
import { isBefore, later, toMicroseconds } from '../domain/resources/resource.ts';
import { withChanges } from '../domain/resources/timeline.ts';
import { publishKnown } from '../resources/publish-changes.ts';
import { holdAttribution } from '../store/attribution/attribution-lock.ts';
import { findDeployment, type KnownDeployment } from '../store/attribution/deployments.ts';
import { keepHandAttributions } from '../store/attribution/hand-attributions.ts';
import { type KnownResource, lockResources } from '../store/resources/resource-histories.ts';
import { findResource, resourceView } from '../store/resources/select-resources.ts';
import type { Tables } from '../store/schema.ts';
import { inheritOwner } from './inherit-owner.ts';

type Contract = typeof inventorySync.attributeResource;
type ManyContract = typeof inventorySync.attributeResources;
type OneResult = RequestOutput<ManyContract>['results'][number];

/** The decision of a person about resources, as the request states it. */
type Decision = Pick<
  CommandRequest<Contract, Tables>['input'],
  'deployment_id' | 'automatic' | 'effective_at' | 'reason'
>;

/**
 * The deployment that the request names: from our own projection, or from provisioning if it was created a moment ago.
 * @returns null if the request names none, or none that exists
 */
export async function findNamedDeployment(
  { input }: { input: Decision },
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
  const invalid = checkDecision(input, resolved);
  if (invalid !== null) return invalid;
  const now = toMicroseconds(ctx.clock.now());
  await holdAttribution(tx.sql);
  const [resource] = await lockResources(tx.sql, [input.resource_id]);
  const claim = claimOf(resource, input.resource_id, { decision: input, deployment: resolved, now });
  if (isRefusal(claim)) return claim;
  await publishClaims(tx, [claim], { decision: input, deployment: resolved, now, actor: actor.subject });
  const row = await findResource(tx.sql, { id: input.resource_id, tenant: null });
  return row === undefined ? noResource(input.resource_id) : resourceView(row);
}

/** Attributes many resources to one owner. Each is answered on its own; what they inherit to others is published once. */
export async function attributeManyByHand(
  { input, actor, tx, resolved }: CommandRequest<ManyContract, Tables> & { resolved: KnownDeployment | null },
  ctx: CommandContext,
) {
  const invalid = checkDecision(input, resolved);
  if (invalid !== null) return invalid;
  const now = toMicroseconds(ctx.clock.now());
  const ids = [...new Set(input.resource_ids)];
  await holdAttribution(tx.sql);
  const locked = new Map((await lockResources(tx.sql, ids)).map((resource) => [resource.resourceId, resource]));
  const claims = ids.map((id) => claimOf(locked.get(id), id, { decision: input, deployment: resolved, now }));
  const granted = claims.flatMap((claim) => (isRefusal(claim) ? [] : [claim]));
  await publishClaims(tx, granted, { decision: input, deployment: resolved, now, actor: actor.subject });
  const results = claims.map((claim, index): OneResult => {
    const resource_id = ids[index] ?? '';
    if (!isRefusal(claim)) return { resource_id, outcome: 'attributed', refusal: null };
    return { resource_id, outcome: 'refused', refusal: { word: claim.refused, detail: claim.detail } };
  });
  return { results };
}

const noResource = (id: string) => refuse('not-found', `There is no resource ${id}.`);

/** What makes a decision impossible for any resource; null: nothing. */
function checkDecision(
  { automatic, deployment_id: deploymentId }: Decision,
  deployment: KnownDeployment | null,
): Refusal<'invalid-attribution' | 'unknown-deployment'> | null {
  if ((automatic === true) === (deploymentId !== undefined))
    return refuse('invalid-attribution', 'Set either deployment_id (null for no owner) or automatic, but not both.');
  if (typeof deploymentId === 'string' && deployment === null)
    return refuse('unknown-deployment', `There is no deployment ${deploymentId}.`);
  return null;
}

type OwnedClaim = { resource: KnownResource; claim: KnownResource['claims'][number] };
type Decided = { decision: Decision; deployment: KnownDeployment | null; now: Temporal.Instant };

/** The claim of a decision on one resource, or why it cannot be made. */
function claimOf(
  resource: KnownResource | undefined,
  id: string,
  { decision, deployment, now }: Decided,
): OwnedClaim | Refusal<'not-found' | 'effective-at-refused'> {
  const first = resource?.history[0];
  if (resource === undefined || first === undefined) return noResource(id);
  const at = decision.effective_at === undefined ? now : toMicroseconds(Temporal.Instant.from(decision.effective_at));
  const refusal = checkEffectiveAt(at, { now, resource, deployment });
  if (refusal !== null) return refusal;
  const owner =
    decision.automatic === true
      ? null
      : { tenant_id: deployment?.tenantId ?? null, deployment_id: decision.deployment_id ?? null };
  return { resource, claim: { at: later(at, first.at), owner } };
}

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

/** Keeps the claims, publishes the histories of their resources, and then those of the resources that inherit from them. */
async function publishClaims(
  tx: Tx,
  claims: readonly OwnedClaim[],
  { decision, deployment, now, actor }: Decided & { actor: string },
): Promise<void> {
  if (claims.length === 0) return;
  const { reason } = decision;
  await keepHandAttributions(
    tx.sql,
    claims.map(({ resource: { resourceId }, claim: { at } }) => ({ resourceId, effectiveAt: at })),
    {
      isAutomatic: decision.automatic === true,
      tenantId: deployment?.tenantId ?? null,
      deploymentId: decision.deployment_id ?? null,
      actor,
      reason: reason ?? null,
      decidedAt: now,
    },
  );
  const details = reason === undefined ? {} : { reason };
  const changes = claims.map(({ resource, claim }) => {
    const others = resource.claims.filter(({ at }) => !at.equals(claim.at));
    return { resource, after: withChanges(resource.history, [], [...others, claim]), observedAt: now, actor, details };
  });
  const { changed } = await publishKnown(tx, changes);
  if (changed === 0) return;
  const sources = changes.map(({ resource: { resourceId }, after }, index) => ({
    resourceId,
    after,
    from: claims[index]?.claim.at ?? now,
  }));
  await inheritOwner(tx, { sources, now, actor });
}
