import { type Kysely, sql } from 'kysely';

/** What documents show besides amounts, kept with the invoice so that its PDF has the same bytes for ever. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `ALTER TABLE billing_profiles ADD COLUMN country text, ADD COLUMN buyer_reference text`,
    `COMMENT ON COLUMN billing_profiles.country IS 'ISO 3166 code of two letters; null: unknown'`,
    `COMMENT ON COLUMN billing_profiles.buyer_reference IS 'Purchase order or other reference, as printed on invoices'`,
    `ALTER TABLE tenant_invoices ADD COLUMN deployment_names json`,
    `COMMENT ON COLUMN tenant_invoices.deployment_names IS 'Names of the billed deployments by id when the invoice was made; null on older invoices'`,
    `CREATE INDEX tenant_invoices_replaced ON tenant_invoices (replaced_by) WHERE replaced_by IS NOT NULL`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
