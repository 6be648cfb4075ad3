import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

export type DriftEntry = { resourceId: string; detectedAt: string; details: Record<string, unknown> };

/**
 * Adds detected drift to the logs of its resources, in the order given. A resource that was never listed has no log and is skipped, and so
 * is drift that is in the log already, because the database was set back and restored.
 */
export async function addDriftEntries(db: Kysely<Tables>, drifts: readonly DriftEntry[]): Promise<void> {
  const ids = drifts.map(({ resourceId }) => resourceId);
  // In the order of ids, as every writer locks, so that two never wait for each other.
  await sql`
    SELECT FROM cloud_resources WHERE resource_id = ANY(${ids}::uuid[]) ORDER BY resource_id FOR UPDATE`.execute(db);
  await sql`
    WITH given AS (
      SELECT resource_id, detected_at, details, row_number() OVER (PARTITION BY resource_id ORDER BY number)::int AS nth
      FROM unnest(${ids}::uuid[], ${drifts.map(({ detectedAt }) => detectedAt)}::timestamptz[],
        ${drifts.map(({ details }) => JSON.stringify(details))}::text[])
        WITH ORDINALITY AS d(resource_id, detected_at, details, number)
      WHERE NOT EXISTS (
        SELECT FROM cloud_resource_events AS e
        WHERE e.resource_id = d.resource_id AND e.type = 'drift_detected' AND e.effective_at = d.detected_at
          AND e.details::jsonb = d.details::jsonb)
    ), counted AS (
      UPDATE cloud_resources AS r SET entries = r.entries + n.added
      FROM (SELECT resource_id, count(*)::int AS added FROM given GROUP BY resource_id) AS n
      WHERE r.resource_id = n.resource_id
      RETURNING r.resource_id, r.entries - n.added AS entries
    )
    INSERT INTO cloud_resource_events (resource_id, entry, type, effective_at, observed_at, details)
    SELECT resource_id, entries + nth, 'drift_detected', detected_at, detected_at, details::json
    FROM given JOIN counted USING (resource_id)`.execute(db);
}
