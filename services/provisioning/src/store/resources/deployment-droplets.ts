import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

export type DeploymentDroplet = { provider_id: string; name: string; status: string | null };

/** Inventory has not observed the droplet since a saga made it for a deployment: that deployment is its owner. */
const isUnseen = sql`
  desired.spec IS NOT NULL AND (known.resource_id IS NULL
    OR known.is_present AND known.deployment_id IS NULL AND known.effective_at <= desired.updated_at)`;

/** The droplets that belong to a deployment now, by name. */
export async function dropletsOfDeployment(db: Db, deploymentId: string): Promise<DeploymentDroplet[]> {
  const rows = await sql<DeploymentDroplet>`
    SELECT provider_id, name, status FROM known_resources
    WHERE deployment_id = ${deploymentId} AND kind = 'droplet' AND provider = 'digitalocean' AND is_present
    UNION ALL
    SELECT desired.provider_id, coalesce(known.name, desired.spec ->> 'name', desired.provider_id), known.status
    FROM cloud_provisioned AS desired LEFT JOIN known_resources AS known USING (resource_id)
    WHERE desired.deployment_id = ${deploymentId} AND desired.kind = 'droplet' AND desired.provider = 'digitalocean' AND ${isUnseen}
    ORDER BY name, provider_id`.execute(db);
  return rows.rows;
}

/** A resource that belongs to a deployment, as far as its usage depends on it. */
export type RunningResource = { provider_id: string; status: string | null; since: string };

/** The resources of a kind that belong to a deployment now; `since`: the creation or, if that is unknown, the last change. */
export async function resourcesOfDeployment(db: Db, deploymentId: string, kind: string): Promise<RunningResource[]> {
  const rows = await sql<RunningResource>`
    SELECT provider_id, status, coalesce(created_at, effective_at) AS since FROM known_resources
    WHERE deployment_id = ${deploymentId} AND kind = ${kind} AND is_present
    UNION ALL
    SELECT desired.provider_id, coalesce(known.status, 'active'), coalesce(known.created_at, desired.updated_at)
    FROM cloud_provisioned AS desired LEFT JOIN known_resources AS known USING (resource_id)
    WHERE desired.deployment_id = ${deploymentId} AND desired.kind = ${kind} AND ${isUnseen}`.execute(db);
  return rows.rows;
}

/** The known name, presence and owner of a droplet; null when no event mentioned it yet. */
export async function findDroplet(
  db: Db,
  resourceId: string,
): Promise<{ name: string; is_present: boolean; deployment_id: string | null } | null> {
  const rows = await sql<{ name: string; is_present: boolean; deployment_id: string | null }>`
    SELECT coalesce(known.name, desired.spec ->> 'name', provider_id) AS name, coalesce(known.is_present, true) AS is_present,
      CASE WHEN ${isUnseen} THEN desired.deployment_id ELSE known.deployment_id END AS deployment_id
    FROM known_resources AS known FULL JOIN cloud_provisioned AS desired USING (resource_id, provider_id)
    WHERE resource_id = ${resourceId}`.execute(db);
  return rows.rows[0] ?? null;
}
