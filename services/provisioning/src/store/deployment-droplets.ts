import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

type Db = Kysely<Schema> | Transaction<Schema>;

export type DeploymentDroplet = { provider_id: string; name: string; status: string | null };

/** What a saga has made and handed over, and inventory has not seen since: its owner is the one it was made for. */
const isUnseen = sql`
  wanted.spec IS NOT NULL AND (known.resource_id IS NULL
    OR known.is_present AND known.deployment_id IS NULL AND known.effective_at <= wanted.updated_at)`;

/** The droplets that are a deployment's now, by name. */
export async function dropletsOfDeployment(db: Db, deploymentId: string): Promise<DeploymentDroplet[]> {
  const rows = await sql<DeploymentDroplet>`
    SELECT provider_id, name, status FROM known_resources
    WHERE deployment_id = ${deploymentId} AND kind = 'droplet' AND provider = 'digitalocean' AND is_present
    UNION ALL
    SELECT wanted.provider_id, coalesce(known.name, wanted.spec ->> 'name', wanted.provider_id), known.status
    FROM cloud_provisioned AS wanted LEFT JOIN known_resources AS known USING (resource_id)
    WHERE wanted.deployment_id = ${deploymentId} AND wanted.kind = 'droplet' AND wanted.provider = 'digitalocean' AND ${isUnseen}
    ORDER BY name, provider_id`.execute(db);
  return rows.rows;
}

/** What is known of a droplet before it is interrupted; null when nobody has said anything of it. */
export async function findDroplet(
  db: Db,
  resourceId: string,
): Promise<{ name: string; is_present: boolean; deployment_id: string | null } | null> {
  const rows = await sql<{ name: string; is_present: boolean; deployment_id: string | null }>`
    SELECT coalesce(known.name, wanted.spec ->> 'name', provider_id) AS name, coalesce(known.is_present, true) AS is_present,
      CASE WHEN ${isUnseen} THEN wanted.deployment_id ELSE known.deployment_id END AS deployment_id
    FROM known_resources AS known FULL JOIN cloud_provisioned AS wanted USING (resource_id, provider_id)
    WHERE resource_id = ${resourceId}`.execute(db);
  return rows.rows[0] ?? null;
}
