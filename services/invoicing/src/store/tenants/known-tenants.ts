import { sql } from 'kysely';
import type { Db } from '../schema.ts';

export const isKnownTenant = async (db: Db, tenantId: string): Promise<boolean> => {
  const { rows } = await sql`SELECT 1 FROM tenants WHERE tenant_id = ${tenantId}`.execute(db);
  return rows.length > 0;
};

/** The first of these tenants that does not exist; null if all do. */
export const firstUnknownTenant = async (db: Db, tenantIds: readonly string[]): Promise<string | null> => {
  const { rows } = await sql<{ tenant_id: string }>`SELECT named.tenant_id FROM unnest(${tenantIds}::text[])
      WITH ORDINALITY AS named(tenant_id, place)
    WHERE NOT EXISTS (SELECT 1 FROM tenants t WHERE t.tenant_id = named.tenant_id) ORDER BY place LIMIT 1`.execute(db);
  return rows[0]?.tenant_id ?? null;
};

/**
 * Up to 1,000 ids that may be near a misspelt one: of about the same length, with at least a third of it unchanged. Two changed
 * letters leave one of the thirds as it is, so each id that near is among them.
 */
export const tenantsLike = async (db: Db, tenantId: string): Promise<string[]> => {
  const letters = Array.from(tenantId.toLowerCase());
  const third = Math.ceil(letters.length / 3);
  const parts = [0, 1, 2].map((nth) => letters.slice(nth * third, (nth + 1) * third).join(''));
  const { rows } = await sql<{ tenant_id: string }>`SELECT tenant_id FROM tenants
    WHERE abs(char_length(tenant_id) - ${letters.length}) <= 2
      AND (${sql.join(
        parts.map((part) => sql`strpos(lower(tenant_id), ${part}) > 0`),
        sql` OR `,
      )})
    ORDER BY tenant_id LIMIT 1000`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id);
};

/** Inserts tenants that do not exist yet. @returns the ids of those, in order */
export const insertTenants = async (
  db: Db,
  tenantIds: readonly string[],
  created: { at: string | null },
): Promise<string[]> => {
  const { rows } = await sql<{ tenant_id: string }>`INSERT INTO tenants (tenant_id, created_at, is_published)
    SELECT DISTINCT named.tenant_id, ${created.at}::timestamptz, true FROM unnest(${tenantIds}::text[]) AS named(tenant_id) ORDER BY 1
    ON CONFLICT DO NOTHING RETURNING tenant_id`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id).toSorted();
};

/** Marks up to 500 unpublished tenants as published. @returns their ids */
export const markPublished = async (db: Db): Promise<string[]> => {
  const { rows } = await sql<{ tenant_id: string }>`UPDATE tenants SET is_published = true WHERE tenant_id IN (
      SELECT tenant_id FROM tenants WHERE NOT is_published ORDER BY tenant_id LIMIT 500 FOR UPDATE SKIP LOCKED
    ) RETURNING tenant_id`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id).toSorted();
};
