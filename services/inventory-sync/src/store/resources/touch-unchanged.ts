import { textLines } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/**
 * Finds the listed resources that are unchanged: one statement moves their `last_seen_at` and removes their strikes. Returns their
 * ids; the others are new or changed.
 */
export async function touchUnchanged(
  db: Kysely<Tables>,
  seen: { ids: readonly string[]; hashes: readonly string[]; sweep: string; seenAt: Temporal.Instant },
): Promise<Set<string>> {
  const at = seen.seenAt.toString();
  const touched = await sql<{ ids: string[] | null }>`
    WITH touched AS (
      UPDATE cloud_resources AS r
      SET last_seen_at = greatest(r.last_seen_at, ${at}), observed_at = greatest(r.observed_at, ${at}),
        last_sweep = greatest(r.last_sweep, ${seen.sweep}::bigint), stale_strike_count = 0, first_missed_at = NULL,
        parked_missing_since = NULL
      FROM ROWS FROM (${textLines(seen.ids)}, ${textLines(seen.hashes)}) AS s(resource_id, state_hash)
      WHERE r.resource_id = s.resource_id::uuid AND r.state_hash = s.state_hash AND r.deleted_at IS NULL
      RETURNING r.resource_id
    )
    SELECT CASE WHEN count(*) < ${seen.ids.length} THEN coalesce(array_agg(resource_id::text), '{}') END AS ids
    FROM touched`.execute(db);
  // Almost always all of them, and then their ids need not be returned.
  return new Set(touched.rows[0]?.ids ?? seen.ids);
}

/** Does the same for resources that were compared field by field. */
export async function touch(
  db: Kysely<Tables>,
  seen: { ids: readonly string[]; sweep: string; seenAt: Temporal.Instant },
): Promise<void> {
  if (seen.ids.length === 0) return;
  const at = seen.seenAt.toString();
  await sql`
    UPDATE cloud_resources
    SET last_seen_at = greatest(last_seen_at, ${at}), last_sweep = greatest(last_sweep, ${seen.sweep}::bigint),
      stale_strike_count = 0, first_missed_at = NULL,
        parked_missing_since = NULL
    WHERE resource_id = ANY(${seen.ids}::uuid[])`.execute(db);
}
