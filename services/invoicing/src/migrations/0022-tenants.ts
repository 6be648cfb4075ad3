import { type Kysely, sql } from 'kysely';

/**
 * Tenants exist explicitly. Every tenant that any table of this service names exists from before; the start of the service
 * publishes them. Tenants that only other services name follow by `deployment.changed` and `tenant.found`.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const named = [
  'billing_profiles',
  'deployments',
  'subscriptions',
  'quotes',
  'tenant_invoices',
  'manual_lines',
  'credit_notes',
  'period_close_tenants',
  'provider_costs',
].map((table) => `SELECT tenant_id FROM ${table}`);

const statements = [
  `CREATE TABLE tenants (
    tenant_id text PRIMARY KEY,
    created_at timestamptz,
    is_published boolean NOT NULL
  )`,
  `COMMENT ON TABLE tenants IS 'Tenants that exist; created_at is null for those from before tenants were created explicitly'`,
  `CREATE INDEX tenants_unpublished ON tenants (tenant_id) WHERE NOT is_published`,
  `INSERT INTO tenants (tenant_id, is_published)
    SELECT DISTINCT tenant_id, false FROM (
      ${named.join(' UNION ALL ')} UNION ALL SELECT unnest(offered_to) FROM plan_versions
    ) AS named WHERE tenant_id IS NOT NULL`,
];
