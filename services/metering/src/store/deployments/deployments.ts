import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

export type DeploymentRow = {
  deployment_id: string;
  tenant_id: string;
  revision: number;
  state: string;
  created_at: string;
};

/** Stores deployments; a higher revision replaces a lower one in any order of arrival. */
export async function projectDeployments(db: Kysely<Tables>, rows: readonly DeploymentRow[]): Promise<void> {
  const column = <T>(pick: (one: DeploymentRow) => T) => rows.map(pick);
  await sql`
    INSERT INTO deployments (deployment_id, tenant_id, revision, state, created_at)
    SELECT DISTINCT ON (deployment_id) * FROM unnest(
      ${column((d) => d.deployment_id)}::uuid[], ${column((d) => d.tenant_id)}::text[], ${column((d) => d.revision)}::int[],
      ${column((d) => d.state)}::text[], ${column((d) => d.created_at)}::timestamptz[]
    ) AS incoming (deployment_id, tenant_id, revision, state, created_at)
    ORDER BY deployment_id, revision DESC
    ON CONFLICT (deployment_id) DO UPDATE SET tenant_id = excluded.tenant_id, revision = excluded.revision,
      state = excluded.state, created_at = excluded.created_at
    WHERE deployments.revision < excluded.revision`.execute(db);
}

/** The tenant of each of these deployments; unknown deployments are left out. */
export async function tenantsOf(db: Kysely<Tables>, deployments: readonly string[]): Promise<Map<string, string>> {
  if (deployments.length === 0) return new Map();
  const rows = await db
    .selectFrom('deployments')
    .select(['deployment_id', 'tenant_id'])
    .where('deployment_id', 'in', [...deployments])
    .execute();
  return new Map(rows.map(({ deployment_id, tenant_id }) => [deployment_id, tenant_id]));
}
