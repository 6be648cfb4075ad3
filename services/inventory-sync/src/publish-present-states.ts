import { periodInterval } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import type { Context } from './context.ts';
import { hashOfState, toMicroseconds } from './domain/resource.ts';
import { type Segment, segmentAt } from './domain/timeline.ts';
import { entryOf, say } from './publish-changes.ts';
import { type KnownResource, lockResources } from './store/resource-histories.ts';
import type { Database } from './store/schema.ts';
import { markSnapshots, snapshotCandidates } from './store/snapshot-candidates.ts';
import { updateResources } from './store/write-resources.ts';

const batch = 1_000;

/**
 * Says again, at the start of a month, the state in which everything is that is there, so that a replay of the month begins here
 * and nothing expires with its last change. Once per resource and month, however often the job runs.
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
  tx: Tx<Database>,
  present: readonly { resource: KnownResource; segment: Segment }[],
  now: Temporal.Instant,
): Promise<void> {
  const again = present.map(({ resource, segment }) => {
    const revision = resource.revision + 1;
    const entry = resource.entries + 1;
    const last = resource.history.at(-1);
    const current = last === undefined || Temporal.Instant.compare(last.at, segment.at) <= 0 ? segment : last;
    return {
      entry: entryOf({ ...resource, observedAt: now }, segment, {
        cause: 'snapshot',
        revision,
        entry,
        details: null,
      }),
      update: {
        resourceId: resource.resourceId,
        current,
        stateHash: hashOfState(current.state),
        observedAt: resource.observedAt,
        ownerFrom: resource.ownerFrom,
        revision,
        entries: entry,
      },
    };
  });
  await say(
    tx,
    again.map(({ entry }) => entry),
  );
  await updateResources(
    tx.sql,
    again.map(({ update }) => update),
  );
}
