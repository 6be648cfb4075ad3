import { type Kysely, sql } from 'kysely';
import type { Sweeps, Tables } from '../schema.ts';
import type { SweepEnd } from './sweeps.ts';

export type LastSweep = {
  row: Sweeps;
  /** How the last ended sweep ended; `running` if none has ended yet. */
  ended: { status: SweepEnd['status']; detail: string | null };
  lastCompleteAt: string | null;
};

/** The last sweep of each kind, how the last ended one ended, and when the last complete one began. */
export async function lastSweeps(db: Kysely<Tables>, kinds: readonly string[]): Promise<LastSweep[]> {
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

/** The parked sweeps that wait for an operator: the newest of each kind, if no later one was complete. */
export async function parkedSweeps(db: Kysely<Tables>): Promise<Sweeps[]> {
  const rows = await sql<Sweeps>`
    SELECT DISTINCT ON (p.kind) p.* FROM sweeps AS p
    WHERE p.status = 'parked' AND NOT EXISTS (
      SELECT FROM sweeps AS c WHERE c.kind = p.kind AND c.status IN ('complete', 'confirmed') AND c.sweep > p.sweep)
    ORDER BY p.kind, p.sweep DESC`.execute(db);
  return rows.rows;
}
