import type { Json } from '@arcadia/contracts';
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

export type LeftBehind = {
  resource_id: string;
  kind: string;
  provider_id: string;
  name: string;
  attrs: Record<string, Json>;
  /** Inventory has not observed it yet. */
  is_unseen: boolean;
};

/** Resources that offboardings destroyed, and final snapshots that they took, which inventory may not have observed yet. */
export type ByOffboardings = {
  deploymentId: string;
  destroyedIds: readonly string[];
  destroyedDroplets: readonly string[];
  snapshots: readonly { resourceId: string; providerId: string; name: string }[];
};

/** What the offboardings of a deployment have destroyed and which final snapshots they took, droplet by droplet. */
export async function effectsOfOffboardings(
  db: Kysely<Tables>,
  deploymentId: string,
): Promise<{ saga_id: string; destroyed: string[]; snapshots: Record<string, string> }[]> {
  const rows = await sql<{ saga_id: string; destroyed: string[]; snapshots: Record<string, string> }>`
    SELECT saga_id, coalesce(context -> 'destroyed', '[]') AS destroyed,
      (SELECT coalesce(jsonb_object_agg(substr(key, 13), value), '{}') FROM jsonb_each_text(context)
        WHERE key LIKE 'snapshot_of:%' AND value IS NOT NULL) AS snapshots
    FROM saga_runs WHERE deployment_id = ${deploymentId} AND kind = 'offboard' ORDER BY created_at`.execute(db);
  return rows.rows;
}

/** Records the resources of a deployment that is being offboarded: inventory no longer attributes them to it once it is archived. */
export async function recordOffboarded(db: Transaction<Tables>, deploymentId: string): Promise<void> {
  await sql`
    INSERT INTO offboarded_resources (deployment_id, resource_id)
    SELECT deployment_id, resource_id FROM known_resources WHERE deployment_id = ${deploymentId} AND is_present
    ON CONFLICT DO NOTHING`.execute(db);
}

const remaining = (given: ByOffboardings): RawBuilder<LeftBehind> => sql<LeftBehind>`
  SELECT resource_id, kind, provider_id, name, attrs, false AS is_unseen FROM known_resources
  WHERE is_present AND resource_id IN (
      SELECT resource_id FROM known_resources WHERE deployment_id = ${given.deploymentId} AND is_present
      UNION ALL SELECT resource_id FROM offboarded_resources WHERE deployment_id = ${given.deploymentId}
      UNION ALL SELECT unnest(${given.snapshots.map((one) => one.resourceId)}::uuid[]))
    AND coalesce(deployment_id, ${given.deploymentId}) = ${given.deploymentId}
    AND resource_id <> ALL(${[...given.destroyedIds]}::uuid[])
    AND NOT (kind = 'droplet_backup' AND coalesce(attrs ->> 'source_id', '') = ANY(${[...given.destroyedDroplets]}::text[]))
  UNION ALL
  SELECT resource_id, 'snapshot', taken.provider_id, taken.name, '{}', true
  FROM unnest(
    ${given.snapshots.map((one) => one.resourceId)}::uuid[], ${given.snapshots.map((one) => one.providerId)}::text[],
    ${given.snapshots.map((one) => one.name)}::text[]
  ) AS taken(resource_id, provider_id, name)
  WHERE NOT EXISTS (SELECT FROM known_resources AS known WHERE known.resource_id = taken.resource_id)`;

/** A page by kind; one row more than the limit when there are more. `after`: kind and id of the last resource of the page before. */
export async function pageOfLeftBehind(
  db: Kysely<Tables>,
  given: ByOffboardings,
  page: { after: readonly string[] | null; limit: number },
): Promise<LeftBehind[]> {
  const { after, limit } = page;
  const rows = await sql<LeftBehind>`
    SELECT * FROM (${remaining(given)}) AS remaining
    ${after === null ? sql`` : sql`WHERE (kind COLLATE "C", resource_id) > (${after[0]} COLLATE "C", ${after[1]}::uuid)`}
    ORDER BY kind COLLATE "C", resource_id LIMIT ${limit + 1}`.execute(db);
  return rows.rows;
}

/** How many resources there are of each kind with equal attributes. */
export async function countsOfLeftBehind(
  db: Kysely<Tables>,
  given: ByOffboardings,
): Promise<(Pick<LeftBehind, 'kind' | 'attrs' | 'is_unseen'> & { count: number })[]> {
  const rows = await sql<Pick<LeftBehind, 'kind' | 'attrs' | 'is_unseen'> & { count: number }>`
    SELECT kind, attrs - 'source_id' AS attrs, is_unseen, count(*)::int AS count FROM (${remaining(given)}) AS remaining
    GROUP BY 1, 2, 3 ORDER BY 1`.execute(db);
  return rows.rows;
}
