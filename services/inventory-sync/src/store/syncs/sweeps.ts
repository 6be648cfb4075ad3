import type { inventorySync } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { z } from 'zod';
import { provider } from '../../domain/resources/resource.ts';
import { instantOrNull } from '../resources/resource-histories.ts';
import type { Sweeps, Tables } from '../schema.ts';

export type SweepView = z.output<typeof inventorySync.sweepView>;
export type Sweep = {
  sweep: string;
  sweepId: string;
  startedAt: Temporal.Instant;
  /** When the last complete sweep of the kind before it began; null: there was none. */
  lastCompleteAt: Temporal.Instant | null;
};

/**
 * Begins a sweep and reads when the last complete one of its kind began. Sweeps that earlier attempts of the same job left running
 * are closed; an attempt that another replica takes over begins its sweep anew.
 */
export async function beginSweep(
  db: Kysely<Tables>,
  given: {
    sweepId: string;
    earlierIds: readonly string[];
    syncId: string | null;
    kind: string;
    job: string;
    startedAt: Temporal.Instant;
  },
): Promise<Sweep> {
  const begun = await sql<{ sweep: string; last_complete_at: string | null }>`
    WITH cut_off AS (
      UPDATE sweeps SET status = 'failed', completed_at = ${given.startedAt.toString()}, detail = 'the sweep was interrupted'
      WHERE sweep_id = ANY(${given.earlierIds}::uuid[]) AND status = 'running'
    )
    INSERT INTO sweeps (sweep_id, sync_id, provider, kind, job, status, started_at)
    VALUES (${given.sweepId}, ${given.syncId}, ${provider}, ${given.kind}, ${given.job}, 'running', ${given.startedAt.toString()})
    ON CONFLICT (sweep_id) DO UPDATE SET status = 'running', started_at = excluded.started_at, completed_at = NULL, detail = NULL
    RETURNING sweep, ${lastCompleteOf(given.kind)} AS last_complete_at`.execute(db);
  const row = begun.rows[0];
  return {
    sweep: row?.sweep ?? '0',
    sweepId: given.sweepId,
    startedAt: given.startedAt,
    lastCompleteAt: instantOrNull(row?.last_complete_at ?? null),
  };
}

const lastCompleteOf = (kind: string) => sql`(
  SELECT c.started_at FROM sweeps AS c WHERE c.kind = ${kind} AND c.status IN ('complete', 'confirmed') ORDER BY c.sweep DESC LIMIT 1
)`;

export type SweepEnd = Pick<
  SweepView,
  'status' | 'count' | 'total' | 'discovered' | 'changed' | 'missing' | 'deleted' | 'detail'
>;

export async function endSweep(
  db: Kysely<Tables>,
  sweep: string,
  completedAt: Temporal.Instant,
  end: SweepEnd,
): Promise<void> {
  await sql`
    UPDATE sweeps SET status = ${end.status}, completed_at = ${completedAt.toString()}, count = ${end.count}, total = ${end.total},
      discovered = ${end.discovered}, changed = ${end.changed}, missing = ${end.missing}, deleted = ${end.deleted}, detail = ${end.detail}
    WHERE sweep = ${sweep}`.execute(db);
}

/** When the last complete sweep of a kind began; null if there was none. */
export async function lastCompleteAt(db: Kysely<Tables>, kind: string): Promise<Temporal.Instant | null> {
  const last = await sql<{ at: string | null }>`SELECT ${lastCompleteOf(kind)} AS at`.execute(db);
  return instantOrNull(last.rows[0]?.at ?? null);
}

/** Sweeps of one kind end one after the other, because each of them counts strikes. */
export async function lockKind(db: Kysely<Tables>, kind: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`sweep:${kind}`}, 0))`.execute(db);
}

/** Confirms the parked sweeps before a confirmed one, back to the last complete sweep: they missed the same resources. */
export async function confirmEarlier(
  db: Kysely<Tables>,
  { kind, sweep }: { kind: string; sweep: string },
  detail: string,
): Promise<void> {
  await sql`UPDATE sweeps SET status = 'confirmed', detail = ${detail}
    WHERE kind = ${kind} AND status = 'parked' AND sweep < ${sweep} AND NOT EXISTS (
      SELECT FROM sweeps AS c WHERE c.kind = sweeps.kind AND c.status IN ('complete', 'confirmed')
        AND c.sweep > sweeps.sweep AND c.sweep < ${sweep})`.execute(db);
}

export async function findSweep(
  db: Kysely<Tables>,
  sweepId: string,
): Promise<(Sweeps & { sweep: string }) | undefined> {
  const found = await sql<
    Sweeps & { sweep: string }
  >`SELECT * FROM sweeps WHERE sweep_id = ${sweepId} FOR UPDATE`.execute(db);
  return found.rows[0];
}

export const sweepView = (row: Sweeps): SweepView => ({
  sweep_id: row.sweep_id,
  job: row.job,
  kind: row.kind,
  status: row.status as SweepView['status'],
  started_at: row.started_at,
  completed_at: row.completed_at,
  count: row.count,
  total: row.total,
  discovered: Number(row.discovered),
  changed: Number(row.changed),
  missing: Number(row.missing),
  deleted: Number(row.deleted),
  detail: row.detail,
});

/** The sweeps of a requested sync. */
export async function sweepsOf(db: Kysely<Tables>, syncId: string): Promise<Sweeps[]> {
  const rows = await sql<Sweeps>`SELECT * FROM sweeps WHERE sync_id = ${syncId} ORDER BY sweep`.execute(db);
  return rows.rows;
}
