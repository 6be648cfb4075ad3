import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** Droplets that may have backups: their attributes show it, or the inventory holds backups of them. */
export async function backedUpDroplets(db: Kysely<Tables>): Promise<string[]> {
  const rows = await sql<{ provider_id: string }>`
    SELECT provider_id FROM cloud_resources
    WHERE kind = 'droplet' AND deleted_at IS NULL AND attrs @> '{"has_backups": true}'
    UNION
    SELECT d.provider_id FROM cloud_resources AS b
    JOIN cloud_resources AS d ON d.resource_id = b.source_resource_id AND d.deleted_at IS NULL
    WHERE b.kind = 'droplet_backup' AND b.deleted_at IS NULL
    ORDER BY provider_id`.execute(db);
  return rows.rows.map((row) => row.provider_id);
}
