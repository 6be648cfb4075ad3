import { type inventorySync, refuse } from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import type { Context } from '../context.ts';
import { isWell } from '../domain/syncs/health.ts';
import { backgroundJobs, kinds, sweptKinds } from '../domain/syncs/kinds.ts';
import { unknownTypes } from '../store/resources/unknown-types.ts';
import type { SyncRequests, Tables } from '../store/schema.ts';
import { lastSweeps, parkedSweeps } from '../store/syncs/last-sweeps.ts';
import { sweepsOf, sweepView } from '../store/syncs/sweeps.ts';
import { findSyncRequest } from '../store/syncs/sync-requests.ts';
import { notListed } from './not-listed.ts';
import { readBudgets } from './read-budgets.ts';

type SyncView = z.output<typeof inventorySync.syncView>;

/** The status of a requested sync. */
export async function showSync({ input }: ReadRequest<typeof inventorySync.getSync>, ctx: Context) {
  const request = await findSyncRequest(ctx.db, input.sync_id);
  if (request === undefined) return refuse('not-found', `There is no sync ${input.sync_id}.`);
  const waits = (await readBudgets(ctx)).flatMap(({ waiting_until }) => waiting_until ?? []).toSorted();
  return syncView(ctx.db, request, waits.at(-1) ?? null);
}

/** For each kind the last sweep, the last complete one, and the parked one that waits for an operator. */
export async function showSyncState(_request: ReadRequest<typeof inventorySync.getSyncState>, ctx: Context) {
  const last = new Map((await lastSweeps(ctx.db, sweptKinds)).map((entry) => [entry.row.kind, entry]));
  const parked = new Map((await parkedSweeps(ctx.db)).map((row) => [row.kind, sweepView(row)]));
  const shown = [{ kind: 'project', job: 'sync-projects' }, ...kinds].map(({ kind, job }) => {
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
  return {
    is_ok: shown.every(({ is_ok }) => is_ok),
    budgets: await readBudgets(ctx),
    kinds: shown,
    not_listed: notListed(ctx.config),
    unknown_types: await unknownTypes(ctx.db),
  };
}

export async function syncView(
  db: Kysely<Tables>,
  request: SyncRequests,
  waitingUntil: string | null = null,
): Promise<SyncView> {
  const sweeps = await sweepsOf(db, request.sync_id);
  const jobs = request.jobs.map((job) => {
    const own = sweeps.filter((sweep) => sweep.job === job);
    const isRunning = own.some(({ status }) => status === 'running');
    return {
      job,
      status: own.length === 0 ? ('waiting' as const) : isRunning ? ('running' as const) : ('done' as const),
      is_background: backgroundJobs.includes(job),
    };
  });
  const isOver = jobs.every(({ status }) => status === 'done');
  const isWhole = sweeps.every(({ status }) => isWell(status as SyncView['sweeps'][number]['status']));
  return {
    sync_id: request.sync_id,
    requested_at: request.requested_at,
    requested_by: request.requested_by,
    status: !isOver ? 'running' : isWhole ? 'complete' : 'incomplete',
    jobs,
    waiting_until: isOver ? null : waitingUntil,
    sweeps: sweeps.map(sweepView),
  };
}
