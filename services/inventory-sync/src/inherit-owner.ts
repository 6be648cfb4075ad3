import type { Tx } from '@arcadia/platform';
import { inheriting, type Segment } from './domain/timeline.ts';
import { publishKnown } from './publish-changes.ts';
import { inheritorsOfResource } from './store/expected-owners.ts';
import { lockResources } from './store/resource-histories.ts';
import type { Database } from './store/schema.ts';

type Source = { resourceId: string; after: readonly Segment[] };

/**
 * What was made of a resource follows its owner into the past: snapshots and backups of a droplet that was attributed by hand, the
 * workers of a cluster, and their snapshots in turn.
 */
export async function inheritOwner(
  tx: Tx<Database>,
  { source, from, now, actor }: { source: Source; from: Temporal.Instant; now: Temporal.Instant; actor: string },
): Promise<void> {
  const heirs = await lockResources(tx.sql, await inheritorsOfResource(tx.sql, source.resourceId));
  const changes = heirs.map((resource) => ({
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
