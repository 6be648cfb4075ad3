import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

export type Sweep = { provider: string; kind: string; started_at: string; completed_at: string; seq: number };

/** Stores the newest complete sweep of every kind. */
export async function noteSweeps(db: Kysely<Tables>, sweeps: readonly Sweep[]): Promise<void> {
  const column = <T>(pick: (one: Sweep) => T) => sweeps.map(pick);
  await sql`
    INSERT INTO sweeps (provider, kind, started_at, completed_at, stream_seq)
    SELECT DISTINCT ON (provider, kind) * FROM unnest(
      ${column((s) => s.provider)}::text[], ${column((s) => s.kind)}::text[], ${column((s) => s.started_at)}::timestamptz[],
      ${column((s) => s.completed_at)}::timestamptz[], ${column((s) => s.seq)}::bigint[]
    ) AS incoming (provider, kind, started_at, completed_at, stream_seq)
    ORDER BY provider, kind, started_at DESC
    ON CONFLICT (provider, kind) DO UPDATE SET started_at = excluded.started_at, completed_at = excluded.completed_at,
      stream_seq = excluded.stream_seq
    WHERE sweeps.started_at < excluded.started_at`.execute(db);
}

/** The stream sequence of the newest sweep of any kind; 0 before the first. */
export async function lastSweepSeq(db: Kysely<Tables>): Promise<number> {
  const result = await sql<{ seq: string | null }>`SELECT max(stream_seq) AS seq FROM sweeps`.execute(db);
  return Number(result.rows[0]?.seq ?? 0);
}

/** Whether messages of the inventory were consumed before. */
export async function hasConsumed(db: Kysely<Tables>): Promise<boolean> {
  const found = await sql<{ has: boolean }>`
    SELECT EXISTS (SELECT FROM sweeps) OR EXISTS (SELECT FROM observations) AS has`.execute(db);
  return found.rows[0]?.has ?? false;
}
