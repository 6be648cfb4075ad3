import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/**
 * Takes every resource that its kind's last settled sweep did not miss for one that this sweep listed: a sweep that is complete or parked
 * marks each resource that it misses.
 */
export async function assumeSeen(db: Kysely<Tables>): Promise<void> {
  await sql`
    UPDATE cloud_resources AS r
    SET last_sweep = s.sweep, last_seen_at = greatest(r.last_seen_at, s.started_at),
      observed_at = greatest(r.observed_at, s.started_at)
    FROM (
      SELECT DISTINCT ON (kind) kind, sweep, started_at FROM sweeps
      WHERE status IN ('complete', 'parked', 'confirmed') ORDER BY kind, sweep DESC
    ) AS s
    WHERE r.kind = s.kind AND r.deleted_at IS NULL AND r.last_sweep < s.sweep
      AND r.stale_strike_count = 0 AND r.parked_missing_since IS NULL`.execute(db);
}
