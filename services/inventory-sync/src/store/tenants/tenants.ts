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

/** Marks up to 500 unpublished tenants as published. @returns their ids */
export const markPublished = async (db: Kysely<Tables>): Promise<string[]> => {
  const { rows } = await sql<{ tenant_id: string }>`UPDATE tenants SET is_published = true WHERE tenant_id IN (
      SELECT tenant_id FROM tenants WHERE NOT is_published ORDER BY tenant_id LIMIT 500 FOR UPDATE SKIP LOCKED
    ) RETURNING tenant_id`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id).toSorted();
};
