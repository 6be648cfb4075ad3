import { type Kysely, sql } from 'kysely';
import { strikesToGo } from '../domain/strikes.ts';
import type { Database } from './schema.ts';

/** How many of a kind are there, how many of them this listing did not show, and how many of those the provider says it destroyed. */
export async function countMissing(
  db: Kysely<Database>,
  { kind, sweep }: { kind: string; sweep: string },
): Promise<{ present: number; missing: number; knownDestroyed: number }> {
  const counted = await sql<{ present: number; missing: number; known_destroyed: number }>`
    SELECT count(*)::int AS present, count(*) FILTER (WHERE last_sweep < ${sweep})::int AS missing,
      count(*) FILTER (WHERE last_sweep < ${sweep} AND EXISTS (
        SELECT 1 FROM provider_actions AS a
        WHERE a.kind = r.kind AND a.provider_id = r.provider_id AND a.type = 'destroy' AND a.completed_at IS NOT NULL
      ))::int AS known_destroyed
    FROM cloud_resources AS r WHERE kind = ${kind} AND deleted_at IS NULL`.execute(db);
  const row = counted.rows[0];
  return { present: row?.present ?? 0, missing: row?.missing ?? 0, knownDestroyed: row?.known_destroyed ?? 0 };
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

/** What an operator confirmed to be gone: not shown by that listing, nor by any since. */
export async function strikeConfirmed(
  db: Kysely<Database>,
  { kind, sweep, missedAt }: { kind: string; sweep: string; missedAt: Temporal.Instant },
): Promise<string[]> {
  const struck = await sql<{ resource_id: string }>`
    UPDATE cloud_resources
    SET stale_strike_count = ${strikesToGo}, first_missed_at = coalesce(first_missed_at, ${missedAt.toString()})
    WHERE kind = ${kind} AND deleted_at IS NULL AND last_sweep < ${sweep}
    RETURNING resource_id`.execute(db);
  return struck.rows.map((row) => row.resource_id);
}
