import { inventorySync, isRefusal, provisioning, refuse, serviceActor } from '@arcadia/contracts';
import { answer } from '@arcadia/platform';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { isBefore, later, toMicroseconds } from './domain/resource.ts';
import { withChanges } from './domain/timeline.ts';
import { inheritOwner } from './inherit-owner.ts';
import { publishKnown } from './publish-changes.ts';
import { holdAttribution } from './store/attribution-lock.ts';
import { findDeployment, type KnownDeployment } from './store/deployments.ts';
import { keepHandAttribution } from './store/hand-attributions.ts';
import { findResource, resourceView } from './store/list-resources.ts';
import { lockResources } from './store/resource-histories.ts';
import type { Database } from './store/schema.ts';

/**
 * By hand, with a date: the resource's history from that date on is said again with its new owner, and so is that of what
 * inherits from it. Nothing else reaches back before an owner was first seen.
 */
export const answerAttribute = answer<typeof inventorySync.attributeResource, Database, Config>(
  inventorySync.attributeResource,
  async ({ input, actor, tx }, ctx) => {
    const now = toMicroseconds(ctx.clock.now());
    if ((input.automatic === true) === (input.deployment_id !== undefined))
      return refuse('invalid-attribution', 'Name a deployment_id (or null for nobody), or automatic, but not both.');
    await holdAttribution(tx.sql);
    const [resource] = await lockResources(tx.sql, [input.resource_id]);
    const first = resource?.history[0];
    if (resource === undefined || first === undefined)
      return refuse('not-found', `There is no resource ${input.resource_id}.`);

    const deployment = typeof input.deployment_id === 'string' ? await deploymentOf(ctx, input.deployment_id) : null;
    if (typeof input.deployment_id === 'string' && deployment === null)
      return refuse('unknown-deployment', `There is no deployment ${input.deployment_id}.`);
    const asked = input.effective_at === undefined ? now : toMicroseconds(Temporal.Instant.from(input.effective_at));
    if (isBefore(now, asked))
      return refuse('effective-at-refused', `${asked} lies in the future; an attribution begins now or earlier.`);
    const last = resource.history.at(-1);
    if (last !== undefined && !last.state.is_present && !isBefore(asked, last.at))
      return refuse('effective-at-refused', `${resource.providerId} ended at ${last.at}; name an instant before that.`);
    if (deployment !== null && isBefore(asked, deployment.createdAt))
      return refuse('effective-at-refused', `The deployment exists since ${deployment.createdAt} only.`);

    const effectiveAt = later(asked, first.at);
    const owner = { tenant_id: deployment?.tenantId ?? null, deployment_id: input.deployment_id ?? null };
    const isAutomatic = input.automatic === true;
    await keepHandAttribution(tx.sql, {
      resourceId: resource.resourceId,
      effectiveAt,
      isAutomatic,
      tenantId: owner.tenant_id,
      deploymentId: owner.deployment_id,
      actor: actor.subject,
      reason: input.reason ?? null,
      decidedAt: now,
    });
    const others = resource.claims.filter(({ at }) => !at.equals(effectiveAt));
    const claims = [...others, { at: effectiveAt, owner: isAutomatic ? null : owner }];
    const after = withChanges(resource.history, [], claims);
    const details = input.reason === undefined ? {} : { reason: input.reason };
    const told = await publishKnown(tx, [{ resource, after, observedAt: now, actor: actor.subject, details }]);
    if (told.changed > 0)
      await inheritOwner(tx, {
        source: { resourceId: resource.resourceId, after },
        from: effectiveAt,
        now,
        actor: actor.subject,
      });
    const row = await findResource(tx.sql, { id: resource.resourceId, tenant: null });
    return row === undefined ? refuse('not-found', `There is no resource ${input.resource_id}.`) : resourceView(row);
  },
);

/** Our own projection, or for a deployment that was only just made its owner's answer. */
async function deploymentOf(ctx: Context, id: string): Promise<KnownDeployment | null> {
  const known = await findDeployment(ctx.db, id);
  if (known !== null) return known;
  const asked = await ctx.request(
    provisioning.getDeployment,
    { deployment_id: id },
    { actor: serviceActor('inventory-sync'), deadlineMs: 2_000 },
  );
  if (isRefusal(asked)) return null;
  return { tenantId: asked.tenant_id, createdAt: Temporal.Instant.from(asked.created_at) };
}
