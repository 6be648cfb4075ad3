import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** The ids of those observed droplets that are known with another status. */
export async function statusDifferences(
  db: Kysely<Tables>,
  seen: { ids: readonly string[]; statuses: readonly (string | null)[]; seenAt: Temporal.Instant },
): Promise<string[]> {
  const rows = await sql<{ resource_id: string }>`
    SELECT r.resource_id FROM cloud_resources AS r
    JOIN unnest(${seen.ids}::uuid[], ${seen.statuses}::text[]) AS s(resource_id, status) USING (resource_id)
    WHERE r.deleted_at IS NULL AND r.status IS DISTINCT FROM s.status AND r.observed_at <= ${seen.seenAt.toString()}
    ORDER BY r.resource_id`.execute(db);
  return rows.rows.map((row) => row.resource_id);
}
