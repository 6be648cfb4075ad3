import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** Notes in a resource's log that drift was found in it; a resource that was never seen has no log. */
export async function addDriftEntry(
  db: Kysely<Database>,
  drift: { resourceId: string; detectedAt: string; details: Record<string, unknown> },
): Promise<void> {
  await sql`
    WITH counted AS (
      UPDATE cloud_resources SET entries = entries + 1 WHERE resource_id = ${drift.resourceId} RETURNING resource_id, entries
    )
    INSERT INTO cloud_resource_events (resource_id, entry, type, effective_at, observed_at, details)
    SELECT resource_id, entries, 'drift_detected', ${drift.detectedAt}::timestamptz, ${drift.detectedAt}::timestamptz,
      ${JSON.stringify(drift.details)}::json
    FROM counted`.execute(db);
}
