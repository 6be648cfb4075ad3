import { type Kysely, sql } from 'kysely';
import { strikesToGo } from '../domain/strikes.ts';
import { placeholderId } from './projects.ts';
import type { Database } from './schema.ts';

/**
 * How many of a kind are there, how many of them this listing did not show, how many of those the provider says it destroyed,
 * and how many belong to a project that a sweep of the projects did not show either.
 */
export async function countMissing(
  db: Kysely<Database>,
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

/** Notes what a parked listing did not show: nobody is struck, but if it is confirmed they were gone from its start on. */
export async function noteParkedMissing(
  db: Kysely<Database>,
  { kind, sweep, missedAt }: { kind: string; sweep: string; missedAt: Temporal.Instant },
): Promise<void> {
  await sql`
    UPDATE cloud_resources SET parked_missing_since = ${missedAt.toString()}
    WHERE kind = ${kind} AND deleted_at IS NULL AND last_sweep < ${sweep} AND parked_missing_since IS NULL`.execute(db);
}

/** Gives a strike to everything of a kind that a complete listing did not show; returns those that are gone with it. */
export async function strike(
  db: Kysely<Database>,
  { kind, sweep, missedAt }: { kind: string; sweep: string; missedAt: Temporal.Instant },
): Promise<string[]> {
  const struck = await sql<{ resource_id: string; stale_strike_count: number }>`
    UPDATE cloud_resources
    SET stale_strike_count = stale_strike_count + 1, first_missed_at = coalesce(first_missed_at, ${missedAt.toString()})
    WHERE kind = ${kind} AND deleted_at IS NULL AND last_sweep < ${sweep}
    RETURNING resource_id, stale_strike_count`.execute(db);
  return struck.rows.filter((row) => row.stale_strike_count >= strikesToGo).map((row) => row.resource_id);
}

/** What an operator confirmed to be gone: not shown by that listing, nor by any since, from the first that missed it on. */
export async function strikeConfirmed(
  db: Kysely<Database>,
  { kind, sweep, missedAt }: { kind: string; sweep: string; missedAt: Temporal.Instant },
): Promise<string[]> {
  const struck = await sql<{ resource_id: string }>`
    UPDATE cloud_resources
    SET stale_strike_count = ${strikesToGo},
      first_missed_at = least(first_missed_at, parked_missing_since, ${missedAt.toString()}::timestamptz)
    WHERE kind = ${kind} AND deleted_at IS NULL AND last_sweep < ${sweep}
    RETURNING resource_id`.execute(db);
  return struck.rows.map((row) => row.resource_id);
}
