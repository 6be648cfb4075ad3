import { randomUUID } from 'node:crypto';
import { inventorySync, refuse } from '@arcadia/contracts';
import { answer, type Tx } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import type { Config } from './config.ts';
import { kinds, syncJobs } from './domain/kinds.ts';
import { toMicroseconds } from './domain/resource.ts';
import { isWell } from './report-health.ts';
import type { Database, SyncRequests } from './store/schema.ts';
import { lastSweeps, parkedSweeps, sweepsOf, sweepView } from './store/sweeps.ts';
import { findSyncRequest, keepSyncRequest } from './store/sync-requests.ts';

type SyncView = z.output<typeof inventorySync.syncView>;
const first = 'sync-projects';

/** Lists now. Projects go first, and ask for the others when they are done, so that what is found is attributed at once. */
export const answerStartSync = answer<typeof inventorySync.startSync, Database, Config>(
  inventorySync.startSync,
  async ({ input, actor, tx }, ctx) => {
    const names = ['project', ...kinds.map(({ kind }) => kind)];
    const unknown = (input.kinds ?? []).filter((kind) => !names.includes(kind));
    if (unknown.length > 0)
      return refuse(
        'unknown-kind',
        `There is no listing of ${unknown.join(', ')}; there are those of ${names.join(', ')}.`,
      );
    const wanted = input.kinds === undefined ? null : new Set(input.kinds);
    const jobs = syncJobs
      .filter(
        ({ job, kinds: own }) =>
          wanted === null || (job === first && wanted.has('project')) || own.some((kind) => wanted.has(kind)),
      )
      .map(({ job }) => job);
    const request = {
      syncId: randomUUID(),
      requestedAt: toMicroseconds(ctx.clock.now()),
      requestedBy: actor.subject,
      jobs,
    };
    await keepSyncRequest(tx.sql, request);
    await enqueueSyncs(tx, { syncId: request.syncId, jobs: jobs.includes(first) ? [first] : jobs });
    // Without the prices what is listed has no cost until the next day. No sweep of a kind, so nobody waits for it.
    if (wanted === null) await enqueueSyncs(tx, { syncId: request.syncId, jobs: ['sync-sizes'] });
    const row = {
      sync_id: request.syncId,
      requested_at: request.requestedAt.toString(),
      requested_by: actor.subject,
      jobs,
    };
    return syncView(tx.sql, row);
  },
);

/** After the projects of a run that somebody asked for: the rest of it. */
export async function enqueueRest(tx: Tx<Database>, syncId: string): Promise<void> {
  const request = await findSyncRequest(tx.sql, syncId);
  await enqueueSyncs(tx, { syncId, jobs: (request?.jobs ?? []).filter((job) => job !== first) });
}

async function enqueueSyncs(
  tx: Tx<Database>,
  { syncId, jobs }: { syncId: string; jobs: readonly string[] },
): Promise<void> {
  for (const job of jobs) await tx.enqueue(job, { sync_id: syncId }, { cause: `sync:${syncId}` });
}

export const answerGetSync = answer<typeof inventorySync.getSync, Database, Config>(
  inventorySync.getSync,
  async ({ input }, ctx) => {
    const request = await findSyncRequest(ctx.db, input.sync_id);
    return request === undefined ? refuse('not-found', `There is no run ${input.sync_id}.`) : syncView(ctx.db, request);
  },
);

export const answerSyncState = answer<typeof inventorySync.getSyncState, Database, Config>(
  inventorySync.getSyncState,
  async (_asked, ctx) => {
    const last = new Map(
      (await lastSweeps(ctx.db, ['project', ...kinds.map(({ kind }) => kind)])).map((entry) => [entry.row.kind, entry]),
    );
    const parked = new Map((await parkedSweeps(ctx.db)).map((row) => [row.kind, sweepView(row)]));
    const shown = [{ kind: 'project', job: first }, ...kinds].map(({ kind, job }) => {
      const entry = last.get(kind);
      return {
        kind,
        job,
        last: entry === undefined ? null : sweepView(entry.row),
        last_complete_at: entry?.lastCompleteAt ?? null,
        parked: parked.get(kind) ?? null,
        is_ok: entry !== undefined && isWell(entry.ended.status),
      };
    });
    return { is_ok: shown.every(({ is_ok }) => is_ok), kinds: shown };
  },
);

async function syncView(db: Kysely<Database>, request: SyncRequests): Promise<SyncView> {
  const sweeps = await sweepsOf(db, request.sync_id);
  const jobs = request.jobs.map((job) => {
    const own = sweeps.filter((sweep) => sweep.job === job);
    const isRunning = own.some(({ status }) => status === 'running');
    return {
      job,
      status: own.length === 0 ? ('waiting' as const) : isRunning ? ('running' as const) : ('done' as const),
    };
  });
  const isOver = jobs.every(({ status }) => status === 'done');
  const isWhole = sweeps.every(({ status }) => status === 'complete' || status === 'confirmed');
  return {
    sync_id: request.sync_id,
    requested_at: request.requested_at,
    requested_by: request.requested_by,
    status: !isOver ? 'running' : isWhole ? 'complete' : 'incomplete',
    jobs,
    sweeps: sweeps.map(sweepView),
  };
}
