import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** Resources whose state at the start of a month has not been published yet. */
export async function snapshotCandidates(
  db: Kysely<Tables>,
  { month, limit }: { month: string; limit: number },
): Promise<string[]> {
  const rows = await sql<{ resource_id: string }>`
    SELECT resource_id FROM cloud_resources
    WHERE snapshot_of IS NULL OR snapshot_of < ${month}
    ORDER BY resource_id LIMIT ${limit} FOR UPDATE`.execute(db);
  return rows.rows.map((row) => row.resource_id);
}

export async function markSnapshots(
  db: Kysely<Tables>,
  { ids, month }: { ids: readonly string[]; month: string },
): Promise<void> {
  await sql`UPDATE cloud_resources SET snapshot_of = ${month} WHERE resource_id = ANY(${ids}::uuid[])`.execute(db);
}
