import type { provisioning } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

type Count = { state: provisioning.DeploymentState; deployments: number; tenants: number };

export async function countDeployments(db: Kysely<Tables>): Promise<Count[]> {
  const found = await sql<Count>`
    SELECT state, count(*)::int AS deployments, count(DISTINCT tenant_id)::int AS tenants
    FROM cloud_deployments GROUP BY state ORDER BY state`.execute(db);
  return found.rows;
}
