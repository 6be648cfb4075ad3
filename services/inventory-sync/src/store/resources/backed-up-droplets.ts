import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/**
 * Droplets that may have backups: their attributes show it, or the inventory holds backups of them. Each has the sizes that it has
 * had, from an instant on each, in order of time.
 */
export async function backedUpDroplets(
  db: Kysely<Tables>,
): Promise<Map<string, { at: Temporal.Instant; size: string }[]>> {
  const { rows } = await sql<{ provider_id: string; at: string | null; size: string | null }>`
    WITH backed_up AS (
      SELECT provider_id, resource_id FROM cloud_resources
      WHERE kind = 'droplet' AND deleted_at IS NULL AND attrs @> '{"has_backups": true}'
      UNION
      SELECT d.provider_id, d.resource_id FROM cloud_resources AS b
      JOIN cloud_resources AS d ON d.resource_id = b.source_resource_id AND d.deleted_at IS NULL
      WHERE b.kind = 'droplet_backup' AND b.deleted_at IS NULL
    ),
    -- A later entry for one instant corrects the earlier ones.
    sizes AS (
      SELECT DISTINCT ON (provider_id, effective_at) provider_id, effective_at, state -> 'attrs' ->> 'size_slug' AS size
      FROM backed_up JOIN cloud_resource_events USING (resource_id)
      WHERE state IS NOT NULL
      ORDER BY provider_id, effective_at, entry DESC
    ),
    changes AS (
      SELECT *, lag(size) OVER (PARTITION BY provider_id ORDER BY effective_at) AS before FROM sizes WHERE size IS NOT NULL
    )
    SELECT b.provider_id, to_char(c.effective_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, c.size
    FROM backed_up AS b LEFT JOIN changes AS c ON c.provider_id = b.provider_id AND c.size IS DISTINCT FROM c.before
    ORDER BY b.provider_id, c.effective_at`.execute(db);
  const sizes = new Map<string, { at: Temporal.Instant; size: string }[]>();
  for (const { provider_id, at, size } of rows) {
    const own = sizes.get(provider_id) ?? [];
    sizes.set(provider_id, own);
    if (at !== null && size !== null) own.push({ at: Temporal.Instant.from(at), size });
  }
  return sizes;
}
