import { type Kysely, sql } from 'kysely';
import type { MeteringTables } from './schema.ts';

export type Sweep = { provider: string; kind: string; started_at: string; completed_at: string; seq: number };

/** Remember the latest complete sweep of every kind. */
export async function noteSweeps(db: Kysely<MeteringTables>, sweeps: readonly Sweep[]): Promise<void> {
  const column = <T>(pick: (one: Sweep) => T) => sweeps.map(pick);
  await sql`
    INSERT INTO sweeps (provider, kind, started_at, completed_at, stream_seq)
    SELECT DISTINCT ON (provider, kind) * FROM unnest(
      ${column((s) => s.provider)}::text[], ${column((s) => s.kind)}::text[], ${column((s) => s.started_at)}::timestamptz[],
      ${column((s) => s.completed_at)}::timestamptz[], ${column((s) => s.seq)}::bigint[]
    ) AS heard (provider, kind, started_at, completed_at, stream_seq)
    ORDER BY provider, kind, started_at DESC
    ON CONFLICT (provider, kind) DO UPDATE SET started_at = excluded.started_at, completed_at = excluded.completed_at,
      stream_seq = excluded.stream_seq
    WHERE sweeps.started_at < excluded.started_at`.execute(db);
}

/** Where on the stream the last message lies that a sweep of any kind vouches with. */
export async function lastSweepSeq(db: Kysely<MeteringTables>): Promise<number> {
  const result = await sql<{ seq: string | null }>`SELECT max(stream_seq) AS seq FROM sweeps`.execute(db);
  return Number(result.rows[0]?.seq ?? 0);
}
