import type { Tx } from '@arcadia/platform';
import { inheriting, type Segment } from '../domain/resources/timeline.ts';
import { publishKnown } from '../resources/publish-changes.ts';
import { inheritorsOfResource } from '../store/attribution/expected-owners.ts';
import { lockResources } from '../store/resources/resource-histories.ts';
import type { Tables } from '../store/schema.ts';

type Source = { resourceId: string; after: readonly Segment[] };

/**
 * Publishes the histories of the resources that inherit from a resource with its new owner, also in the past: snapshots and backups
 * of a droplet that was attributed by hand, the workers of a cluster, and their snapshots in turn.
 */
export async function inheritOwner(
  tx: Tx<Tables>,
  { source, from, now, actor }: { source: Source; from: Temporal.Instant; now: Temporal.Instant; actor: string },
): Promise<void> {
  const inheritors = await lockResources(tx.sql, await inheritorsOfResource(tx.sql, source.resourceId));
  const changes = inheritors.map((resource) => ({
    resource,
    after: inheriting(resource.history, { source: source.after, from, claims: resource.claims }),
    observedAt: now,
    actor,
  }));
  await publishKnown(tx, changes);
  for (const { resource, after } of changes) {
    await inheritOwner(tx, { source: { resourceId: resource.resourceId, after }, from, now, actor });
  }
}
