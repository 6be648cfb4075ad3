import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

export const keepTenants = async (db: Kysely<Tables>, tenantIds: readonly string[]): Promise<void> => {
  await sql`INSERT INTO tenants (tenant_id) SELECT DISTINCT named.tenant_id FROM unnest(${tenantIds}::text[]) AS named(tenant_id)
    ORDER BY 1 ON CONFLICT DO NOTHING`.execute(db);
};

/** Those of the given tenants that are not known here, in their order. */
export const unknownTenants = async (db: Kysely<Tables>, tenantIds: readonly string[]): Promise<string[]> => {
  const { rows } = await sql<{ tenant_id: string }>`SELECT named.tenant_id FROM unnest(${tenantIds}::text[])
      WITH ORDINALITY AS named(tenant_id, place)
    WHERE NOT EXISTS (SELECT 1 FROM tenants t WHERE t.tenant_id = named.tenant_id) ORDER BY place`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id);
};
