import type { Tx } from '@arcadia/platform';
import { inheriting, type Segment } from '../domain/resources/timeline.ts';
import { publishKnown } from '../resources/publish-changes.ts';
import { inheritorsOf } from '../store/attribution/expected-owners.ts';
import { lockResources } from '../store/resources/resource-histories.ts';
import type { Tables } from '../store/schema.ts';

/** A resource with its new history, and the instant from which its owner changed. */
type Source = { resourceId: string; after: readonly Segment[]; from: Temporal.Instant };

/**
 * Publishes the histories of the resources that inherit from these resources with their new owners, also in the past: snapshots and
 * backups of a droplet that was attributed by hand, the workers of a cluster, and their snapshots in turn.
 */
export async function inheritOwner(
  tx: Tx<Tables>,
  { sources, now, actor }: { sources: readonly Source[]; now: Temporal.Instant; actor: string },
): Promise<void> {
  const known = new Map(sources.map((source) => [source.resourceId, source]));
  const sourceIds = await inheritorsOf(tx.sql, [...known.keys()]);
  const inheritors = await lockResources(tx.sql, [...sourceIds.keys()]);
  const changes = inheritors.flatMap((resource) => {
    const source = known.get(sourceIds.get(resource.resourceId) ?? '');
    if (source === undefined) return [];
    const { from } = source;
    const after = inheriting(resource.history, { source: source.after, from, claims: resource.claims });
    return [{ resource, after, from, observedAt: now, actor }];
  });
  if (changes.length === 0) return;
  await publishKnown(tx, changes);
  const next = changes.map(({ resource: { resourceId }, after, from }) => ({ resourceId, after, from }));
  await inheritOwner(tx, { sources: next, now, actor });
}
