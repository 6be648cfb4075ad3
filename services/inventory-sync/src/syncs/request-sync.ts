import { randomUUID } from 'node:crypto';
import { type inventorySync, refuse } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import { toMicroseconds } from '../domain/resources/resource.ts';
import { sweptKinds, syncJobs } from '../domain/syncs/kinds.ts';
import type { Tables } from '../store/schema.ts';
import { findSyncRequest, keepSyncRequest } from '../store/syncs/sync-requests.ts';
import { syncView } from './show-sync.ts';

const first = 'sync-projects';

/**
 * Starts a sync of some kinds, or of all. Projects are listed first and enqueue the other jobs when they are done, so that
 * discovered resources are attributed at once.
 */
export async function startSync(
  { input, actor, tx }: CommandRequest<typeof inventorySync.startSync, Tables>,
  ctx: CommandContext,
) {
  const unknown = (input.kinds ?? []).filter((kind) => !sweptKinds.includes(kind));
  if (unknown.length > 0)
    return refuse(
      'unknown-kind',
      `kinds: ${unknown.join(', ')} cannot be listed; use some of ${sweptKinds.join(', ')}.`,
    );
  const jobs = jobsFor(input.kinds);
  const request = {
    syncId: randomUUID(),
    requestedAt: toMicroseconds(ctx.clock.now()),
    requestedBy: actor.subject,
    jobs,
  };
  await keepSyncRequest(tx.sql, request);
  await enqueueSyncs(tx, { syncId: request.syncId, jobs: jobs.includes(first) ? [first] : jobs });
  // Without prices the listed resources have no cost until the next day. Sizes are not a kind, so the run does not wait for them.
  if (input.kinds === undefined) await enqueueSyncs(tx, { syncId: request.syncId, jobs: ['sync-sizes'] });
  return syncView(tx.sql, {
    sync_id: request.syncId,
    requested_at: request.requestedAt.toString(),
    requested_by: actor.subject,
    jobs,
  });
}

function jobsFor(kinds: readonly string[] | undefined): string[] {
  if (kinds === undefined) return syncJobs.map(({ job }) => job);
  return syncJobs
    .filter(
      ({ job, kinds: own }) => (job === first && kinds.includes('project')) || own.some((kind) => kinds.includes(kind)),
    )
    .map(({ job }) => job);
}

/** Enqueues the jobs of a requested sync that follow the sync of the projects. */
export async function enqueueRest(tx: Tx, syncId: string): Promise<void> {
  const request = await findSyncRequest(tx.sql, syncId);
  await enqueueSyncs(tx, { syncId, jobs: (request?.jobs ?? []).filter((job) => job !== first) });
}

async function enqueueSyncs(tx: Tx, { syncId, jobs }: { syncId: string; jobs: readonly string[] }): Promise<void> {
  for (const job of jobs) await tx.enqueue(job, { sync_id: syncId }, { cause: `sync:${syncId}` });
}
