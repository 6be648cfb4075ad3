import { type Kysely, sql } from 'kysely';

/**
 * A provider's invoice comes in as many messages as its lines need. Costs are kept by revision and part, summed up within the
 * part, and count once the invoice points at their revision, which it does when the last part has come.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE provider_invoice_parts (
      invoice_uuid text NOT NULL,
      revision integer NOT NULL,
      part integer NOT NULL,
      PRIMARY KEY (invoice_uuid, revision, part)
    )`,
    `ALTER TABLE provider_costs DROP CONSTRAINT provider_costs_invoice_uuid_fkey, DROP CONSTRAINT provider_costs_pkey,
      ADD COLUMN revision integer, ADD COLUMN part integer NOT NULL DEFAULT 1`,
    `UPDATE provider_costs c SET revision = p.revision FROM provider_invoices p WHERE p.invoice_uuid = c.invoice_uuid`,
    `ALTER TABLE provider_costs ALTER COLUMN revision SET NOT NULL, ALTER COLUMN part DROP DEFAULT,
      ADD PRIMARY KEY (invoice_uuid, revision, part, position)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
