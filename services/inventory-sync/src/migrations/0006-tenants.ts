import { type Kysely, sql } from 'kysely';

/** Tenants exist explicitly; those that this service's tables name exist from before. Its start publishes them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `CREATE TABLE tenants (tenant_id text PRIMARY KEY, is_published boolean NOT NULL DEFAULT true)`,
  `COMMENT ON TABLE tenants IS 'Tenants that exist, consumed from tenant.created; is_published is false for one that tenant.found has to publish'`,
  `CREATE INDEX tenants_unpublished ON tenants (tenant_id) WHERE NOT is_published`,
  `INSERT INTO tenants (tenant_id, is_published)
    SELECT DISTINCT tenant_id, false FROM (
      SELECT tenant_id FROM cloud_projects
      UNION ALL SELECT tenant_id FROM cloud_resources
      UNION ALL SELECT tenant_id FROM deployments
      UNION ALL SELECT tenant_id FROM hand_attributions
    ) AS named WHERE tenant_id IS NOT NULL`,
];
