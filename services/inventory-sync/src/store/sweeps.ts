import type { inventorySync } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { z } from 'zod';
import { provider } from '../domain/resource.ts';
import { instantOrNull } from './resource-histories.ts';
import type { Database, Sweeps } from './schema.ts';

export type SweepView = z.output<typeof inventorySync.sweepView>;
export type Sweep = {
  sweep: string;
  sweepId: string;
  startedAt: Temporal.Instant;
  /** When the last complete sweep of the kind before it began; null: there was none. */
  lastCompleteAt: Temporal.Instant | null;
};

/**
 * Begins a sweep, and tells when the last complete one of its kind began. What an earlier attempt of the same job left
 * running is closed; an attempt that was taken over from a replica that died begins its sweep anew.
 */
export async function beginSweep(
  db: Kysely<Database>,
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
      UPDATE sweeps SET status = 'failed', completed_at = ${given.startedAt.toString()}, detail = 'it was cut off'
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
  db: Kysely<Database>,
  sweep: string,
  completedAt: Temporal.Instant,
  end: SweepEnd,
): Promise<void> {
  await sql`
    UPDATE sweeps SET status = ${end.status}, completed_at = ${completedAt.toString()}, count = ${end.count}, total = ${end.total},
      discovered = ${end.discovered}, changed = ${end.changed}, missing = ${end.missing}, deleted = ${end.deleted}, detail = ${end.detail}
    WHERE sweep = ${sweep}`.execute(db);
}

/** When the last complete sweep of a kind began; null when there was none. */
export async function lastCompleteAt(db: Kysely<Database>, kind: string): Promise<Temporal.Instant | null> {
  const last = await sql<{ at: string | null }>`SELECT ${lastCompleteOf(kind)} AS at`.execute(db);
  return instantOrNull(last.rows[0]?.at ?? null);
}

/** Ends of sweeps of one kind never overlap: strikes are counted one listing after another. */
export async function lockKind(db: Kysely<Database>, kind: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`sweep:${kind}`}, 0))`.execute(db);
}

/** Parked sweeps before a confirmed one, with no complete one between, told of the same and are confirmed with it. */
export async function confirmEarlier(
  db: Kysely<Database>,
  { kind, sweep }: { kind: string; sweep: string },
  detail: string,
): Promise<void> {
  await sql`UPDATE sweeps SET status = 'confirmed', detail = ${detail}
    WHERE kind = ${kind} AND status = 'parked' AND sweep < ${sweep} AND NOT EXISTS (
      SELECT FROM sweeps AS c WHERE c.kind = sweeps.kind AND c.status IN ('complete', 'confirmed')
        AND c.sweep > sweeps.sweep AND c.sweep < ${sweep})`.execute(db);
}

export async function findSweep(
  db: Kysely<Database>,
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

export type LastSweep = {
  row: Sweeps;
  /** How the last one that is over ended; while none is, that it runs. */
  ended: { status: SweepEnd['status']; detail: string | null };
  lastCompleteAt: string | null;
};

/** The last sweep of each kind, how the last one that is over ended, and when the last complete one began. */
export async function lastSweeps(db: Kysely<Database>, kinds: readonly string[]): Promise<LastSweep[]> {
  const rows = await sql<
    Sweeps & { last_complete_at: string | null; ended_status: SweepEnd['status'] | null; ended_detail: string | null }
  >`
    SELECT s.*, e.status AS ended_status, e.detail AS ended_detail, (
      SELECT c.started_at FROM sweeps AS c
      WHERE c.kind = k.kind AND c.status IN ('complete', 'confirmed') ORDER BY c.sweep DESC LIMIT 1
    ) AS last_complete_at
    FROM unnest(${kinds}::text[]) AS k(kind)
    CROSS JOIN LATERAL (SELECT * FROM sweeps AS l WHERE l.kind = k.kind ORDER BY l.sweep DESC LIMIT 1) AS s
    LEFT JOIN LATERAL (
      SELECT status, detail FROM sweeps AS o WHERE o.kind = k.kind AND o.status <> 'running' ORDER BY o.sweep DESC LIMIT 1
    ) AS e ON true`.execute(db);
  return rows.rows.map(({ last_complete_at, ended_status, ended_detail, ...row }) => ({
    row,
    ended: { status: ended_status ?? 'running', detail: ended_detail },
    lastCompleteAt: last_complete_at,
  }));
}

/** The parked sweeps that wait for an operator: of each kind the newest, if none was complete since. */
export async function parkedSweeps(db: Kysely<Database>): Promise<Sweeps[]> {
  const rows = await sql<Sweeps>`
    SELECT DISTINCT ON (p.kind) p.* FROM sweeps AS p
    WHERE p.status = 'parked' AND NOT EXISTS (
      SELECT FROM sweeps AS c WHERE c.kind = p.kind AND c.status IN ('complete', 'confirmed') AND c.sweep > p.sweep)
    ORDER BY p.kind, p.sweep DESC`.execute(db);
  return rows.rows;
}

/** The sweeps of a run that somebody asked for. */
export async function sweepsOf(db: Kysely<Database>, syncId: string): Promise<Sweeps[]> {
  const rows = await sql<Sweeps>`SELECT * FROM sweeps WHERE sync_id = ${syncId} ORDER BY sweep`.execute(db);
  return rows.rows;
}
