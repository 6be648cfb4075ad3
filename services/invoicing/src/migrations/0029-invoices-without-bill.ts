import { type Kysely, sql } from 'kysely';

/**
 * An operator may decide that a tenant's month does not wait for the provider's bill (`invoices_without_bill`). An invoice that was
 * made without it keeps the reason. A run names what it waits for; the sentences of earlier releases begin with it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `CREATE TABLE invoices_without_bill (
    tenant_id text NOT NULL,
    period text NOT NULL,
    reason text NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, period)
  )`,
  `COMMENT ON TABLE invoices_without_bill IS 'Decisions that the month of a tenant is invoiced without the bill of the provider'`,
  'ALTER TABLE tenant_invoices ADD COLUMN without_bill_reason text',
  `ALTER TABLE invoice_runs ADD COLUMN waits_for text CHECK (waits_for IN ('facts', 'bill', 'rate'))`,
  `UPDATE invoice_runs SET waits_for = CASE
    WHEN detail LIKE 'the provider''s bill %' THEN 'bill'
    WHEN detail LIKE 'the exchange rate %' THEN 'rate'
    ELSE 'facts' END
    WHERE status = 'waiting'`,
];
