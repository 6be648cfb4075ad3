import { periodInterval } from '@arcadia/contracts';
import type { Context, Tx } from '../context.ts';
import { hashOfState, isAfter, toMicroseconds } from '../domain/resources/resource.ts';
import { type Segment, segmentAt } from '../domain/resources/timeline.ts';
import { type KnownResource, lockResources } from '../store/resources/resource-histories.ts';
import { markSnapshots, snapshotCandidates } from '../store/resources/snapshot-candidates.ts';
import { updateResources } from '../store/resources/write-resources.ts';
import { publishEntries, snapshotEntry } from './publish-changes.ts';

const batch = 1_000;

/**
 * Publishes the state of every present resource again at the start of a month, so that a replay of the month can begin there and no
 * state expires with the retention of its last change. Each resource once per month, however often the job runs.
 */
export async function publishPresentStates(
  ctx: Context,
  { month, signal }: { month: string; signal: AbortSignal },
): Promise<void> {
  const start = periodInterval(month).start;
  for (let done = false; !done && !signal.aborted; ) {
    done = await ctx.transact(async (tx) => {
      const ids = await snapshotCandidates(tx.sql, { month, limit: batch });
      const resources = await lockResources(tx.sql, ids);
      const present = resources.flatMap((resource) => {
        const segment = segmentAt(resource.history, start);
        return segment?.state.is_present === true ? [{ resource, segment: { ...segment, at: start } }] : [];
      });
      await republish(tx, present, toMicroseconds(ctx.clock.now()));
      await markSnapshots(tx.sql, { ids, month });
      return ids.length < batch;
    });
  }
}

async function republish(
  tx: Tx,
  present: readonly { resource: KnownResource; segment: Segment }[],
  now: Temporal.Instant,
): Promise<void> {
  await publishEntries(
    tx,
    present.map(({ resource, segment }) => snapshotEntry(resource, segment, now)),
  );
  await updateResources(
    tx.sql,
    present.map(({ resource, segment }) => {
      const last = resource.history.at(-1);
      const current = last !== undefined && isAfter(last.at, segment.at) ? last : segment;
      return {
        resourceId: resource.resourceId,
        current,
        stateHash: hashOfState(current.state),
        observedAt: resource.observedAt,
        ownerFrom: resource.ownerFrom,
        revision: resource.revision + 1,
        entries: resource.entries + 1,
      };
    }),
  );
}
