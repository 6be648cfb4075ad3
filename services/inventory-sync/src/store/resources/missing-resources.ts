import { type Kysely, sql } from 'kysely';
import { strikesToDelete } from '../../domain/syncs/strikes.ts';
import { placeholderId } from '../projects/projects.ts';
import type { Tables } from '../schema.ts';

/**
 * Counts the present resources of a kind, those that this sweep did not list, those of them that the provider's action log shows
 * as destroyed, and those of them whose project a sweep of the projects did not list either.
 */
export async function countMissing(
  db: Kysely<Tables>,
  { kind, sweep, walked }: { kind: string; sweep: string; walked: string | null },
): Promise<{ present: number; missing: number; knownDestroyed: number; ofUnlistedProjects: number }> {
  const counted = await sql<{
    present: number;
    missing: number;
    known_destroyed: number;
    of_unlisted_projects: number;
  }>`
    SELECT count(*)::int AS present, count(*) FILTER (WHERE last_sweep < ${sweep})::int AS missing,
      count(*) FILTER (WHERE last_sweep < ${sweep} AND EXISTS (
        SELECT 1 FROM provider_actions AS a
        WHERE a.kind = r.kind AND a.provider_id = r.provider_id AND a.type = 'destroy' AND a.completed_at IS NOT NULL
      ))::int AS known_destroyed,
      count(*) FILTER (WHERE last_sweep < ${sweep} AND EXISTS (
        SELECT 1 FROM cloud_projects AS p
        WHERE p.project_id = r.project_id AND p.last_sweep < ${walked}::bigint AND p.provider_id <> ${placeholderId}
      ))::int AS of_unlisted_projects
    FROM cloud_resources AS r WHERE kind = ${kind} AND deleted_at IS NULL`.execute(db);
  const row = counted.rows[0];
  return {
    present: row?.present ?? 0,
    missing: row?.missing ?? 0,
    knownDestroyed: row?.known_destroyed ?? 0,
    ofUnlistedProjects: row?.of_unlisted_projects ?? 0,
  };
}

/** Marks the resources that a parked sweep did not list. They get no strike, but if the sweep is confirmed they are deleted from its start on. */
export async function noteParkedMissing(
  db: Kysely<Tables>,
  { kind, sweep, missedAt }: { kind: string; sweep: string; missedAt: Temporal.Instant },
): Promise<void> {
  await sql`
    UPDATE cloud_resources SET parked_missing_since = ${missedAt.toString()}
    WHERE kind = ${kind} AND deleted_at IS NULL AND last_sweep < ${sweep} AND parked_missing_since IS NULL`.execute(db);
}

/** Gives a strike to every resource of a kind that a complete sweep did not list. Returns the ids of those that reach the last strike. */
export async function strike(
  db: Kysely<Tables>,
  { kind, sweep, missedAt }: { kind: string; sweep: string; missedAt: Temporal.Instant },
): Promise<string[]> {
  const struck = await sql<{ resource_id: string; stale_strike_count: number }>`
    UPDATE cloud_resources
    SET stale_strike_count = stale_strike_count + 1, first_missed_at = coalesce(first_missed_at, ${missedAt.toString()})
    WHERE kind = ${kind} AND deleted_at IS NULL AND last_sweep < ${sweep}
    RETURNING resource_id, stale_strike_count`.execute(db);
  return struck.rows.filter((row) => row.stale_strike_count >= strikesToDelete).map((row) => row.resource_id);
}

/** Gives the last strike to every resource that a confirmed sweep did not list, nor any later one. Returns their ids. */
export async function strikeConfirmed(
  db: Kysely<Tables>,
  { kind, sweep, missedAt }: { kind: string; sweep: string; missedAt: Temporal.Instant },
): Promise<string[]> {
  const struck = await sql<{ resource_id: string }>`
    UPDATE cloud_resources
    SET stale_strike_count = ${strikesToDelete},
      first_missed_at = least(first_missed_at, parked_missing_since, ${missedAt.toString()}::timestamptz)
    WHERE kind = ${kind} AND deleted_at IS NULL AND last_sweep < ${sweep}
    RETURNING resource_id`.execute(db);
  return struck.rows.map((row) => row.resource_id);
}
