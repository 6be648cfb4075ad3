import { type Kysely, sql } from 'kysely';

/** Tenants exist explicitly; those that this service's tables name exist from before. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `CREATE TABLE tenants (tenant_id text PRIMARY KEY)`,
  `COMMENT ON TABLE tenants IS 'Tenants that exist, consumed from tenant.created'`,
  `INSERT INTO tenants (tenant_id)
    SELECT DISTINCT tenant_id FROM (
      SELECT tenant_id FROM deployments
      UNION ALL SELECT tenant_id FROM deployment_projects
      UNION ALL SELECT tenant_id FROM provider_projects
      UNION ALL SELECT tenant_id FROM cloud_cost_allocations
    ) AS named WHERE tenant_id IS NOT NULL`,
];
