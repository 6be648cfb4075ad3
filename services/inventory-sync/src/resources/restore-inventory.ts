import type { inventorySync } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Transaction } from 'kysely';
import type { Context } from '../context.ts';
import { hashOfState, sourceIdOf } from '../domain/resources/resource.ts';
import type { Segment } from '../domain/resources/timeline.ts';
import { assumeSeen } from '../store/resources/assume-seen.ts';
import { type KnownResource, lockResources } from '../store/resources/resource-histories.ts';
import { appendObserved, resourcesBehindLog } from '../store/resources/restored-log.ts';
import { insertPublished, updateResources } from '../store/resources/write-resources.ts';
import type { Tables } from '../store/schema.ts';

type Observed = Received<typeof inventorySync.resourceObserved>;

/**
 * Writes published states into the logs of their resources again, and the resources that are new. What a message does not carry, such
 * as who decided, follows it as a captured row.
 */
export async function restoreObservations(events: readonly Observed[], trx: Transaction<Tables>): Promise<void> {
  await appendObserved(trx, events);
  const first = new Map<string, Observed>();
  for (const event of events) if (!first.has(event.data.resource_id)) first.set(event.data.resource_id, event);
  for (const [seenAt, found] of Map.groupBy(first.values(), ({ data }) => data.observed_at)) {
    const rows = found.map(({ data }) => {
      const { is_present, name, status, region, created_at, attrs } = data;
      const state = { is_present, name, status, region, created_at, attrs };
      const {
        resource_id: resourceId,
        kind,
        provider_id: providerId,
        owner,
        revision,
        effective_at: effectiveAt,
      } = data;
      return { resourceId, kind, providerId, state, owner, stateHash: hashOfState(state), effectiveAt, revision };
    });
    await insertPublished(trx, rows, { sweep: '0', seenAt: Temporal.Instant.from(seenAt) });
  }
}

const batch = 1_000;

/**
 * Ends a restore of the inventory: brings each resource to the end of its log. That it was listed unchanged is not published, so its row
 * would look older than it is, and the confirmation of a parked sweep would delete it.
 */
export async function restoreInventory(ctx: Context): Promise<void> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const ids = await resourcesBehindLog(ctx.db, { after, limit: batch });
    const last = ids.at(-1);
    if (last === undefined) break;
    await ctx.transact(async (tx) => {
      const resources = await lockResources(
        tx.sql,
        ids.map(({ id }) => id),
      );
      const ends = new Map(ids.map(({ id, ...end }) => [id, end]));
      const ending = resources.map((resource) => ({ resource, ...ends.get(resource.resourceId) }));
      // A volume that is attached to no worker at the moment keeps its source.
      await updateResources(
        tx.sql,
        ending.flatMap((each) => rowAt(each, lastWithSource(each.resource))),
      );
      await updateResources(
        tx.sql,
        ending.flatMap((each) => rowAt(each, each.resource.history.at(-1))),
      );
    });
    after = last.id;
  }
  await assumeSeen(ctx.db);
}

const lastWithSource = ({ history }: KnownResource): Segment | undefined =>
  history.findLast(({ state }) => sourceIdOf(state) !== null);

const rowAt = (
  { resource, revision = 0, entries = 0 }: { resource: KnownResource; revision?: number; entries?: number },
  current: Segment | undefined,
) =>
  current === undefined
    ? []
    : [
        {
          ...{ resourceId: resource.resourceId, current, stateHash: hashOfState(current.state) },
          ...{ observedAt: resource.observedAt, ownerFrom: resource.ownerFrom, revision, entries },
        },
      ];
