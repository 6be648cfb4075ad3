import { inventorySync } from '@arcadia/contracts';
import { Conflict } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { type Entry, type HistoryChange, logEntry, newEntries } from '../domain/resources/log-entry.ts';
import { hashOfState } from '../domain/resources/resource.ts';
import { isSame, type Segment } from '../domain/resources/timeline.ts';
import {
  appendedEntries,
  type Discovery,
  discoveredEntries,
  givenEntries,
  insertedEntries,
} from '../store/resources/append-entries.ts';
import type { KnownResource } from '../store/resources/resource-histories.ts';
import { type Seen, updateResources } from '../store/resources/write-resources.ts';

/** The counters of a resource after publishing, and how many entries were published. */
export type Published = { revision: number; entries: number; count: number };

/**
 * Writes the changed histories into the resources' logs and publishes them: the same entries, in the same order, with the same
 * revisions, so that the log and the stream always agree. Returns the new counters, in the order given.
 */
export async function publishHistories(tx: Tx, changes: readonly HistoryChange[]): Promise<Published[]> {
  const added = changes.map(newEntries);
  await publishEntries(tx, added.flat());
  return changes.map(({ revision, entries }, index) => {
    const count = added[index]?.length ?? 0;
    return { revision: revision + count, entries: entries + count, count };
  });
}

/**
 * Inserts new resources, appends their first entries to their logs and publishes them, in one statement.
 * @throws {Conflict} if another transaction has just inserted one of them; `transact` then runs the work again, and finds it known
 */
export async function publishDiscovered(tx: Tx, found: readonly Discovery[], seen: Seen): Promise<void> {
  if (found.length === 0) return;
  const published = await tx.publishFrom(inventorySync.resourceObserved, insertedEntries(found.length), {
    with: discoveredEntries(found, seen),
  });
  if (published === 0) throw new Conflict('another sweep has just inserted a resource of this batch');
}

/** Appends entries to the log and publishes them. */
export async function publishEntries(tx: Tx, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.publishFrom(inventorySync.resourceObserved, givenEntries, { with: appendedEntries(entries) });
}

/** Publishes changes of known resources and updates their rows. Returns how many changed and the ids of those whose owner changed. */
export async function publishKnown(
  tx: Tx,
  changes: readonly {
    resource: KnownResource;
    after: readonly Segment[];
    observedAt: Temporal.Instant;
    actor?: string;
    details?: Record<string, unknown>;
    ownerFrom?: Temporal.Instant | null;
  }[],
): Promise<{ changed: number; movedIds: string[] }> {
  const published = await publishHistories(
    tx,
    changes.map(({ resource, ...change }) => ({
      resourceId: resource.resourceId,
      kind: resource.kind,
      providerId: resource.providerId,
      revision: resource.revision,
      entries: resource.entries,
      before: resource.history,
      ...change,
    })),
  );
  const updates = changes.flatMap(({ resource, after, observedAt, ownerFrom }, index) => {
    const current = after.at(-1);
    const counters = published[index];
    if (current === undefined || counters === undefined) return [];
    return [
      {
        resourceId: resource.resourceId,
        current,
        stateHash: hashOfState(current.state),
        observedAt,
        ownerFrom: ownerFrom === undefined ? resource.ownerFrom : ownerFrom,
        revision: counters.revision,
        entries: counters.entries,
      },
    ];
  });
  await updateResources(tx.sql, updates);
  const moved = changes.filter(({ resource, after }) => !isSame(resource.history.at(-1)?.owner, after.at(-1)?.owner));
  return {
    changed: published.filter(({ count }) => count > 0).length,
    movedIds: moved.map(({ resource }) => resource.resourceId),
  };
}

/** The last state of a resource once more, as the entry that begins a month. */
export const snapshotEntry = (resource: KnownResource, segment: Segment, observedAt: Temporal.Instant): Entry =>
  logEntry({ ...resource, observedAt }, segment, {
    cause: 'snapshot',
    revision: resource.revision + 1,
    entry: resource.entries + 1,
    details: null,
  });
