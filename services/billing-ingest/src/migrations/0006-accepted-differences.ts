import { type Kysely, sql } from 'kysely';

/**
 * Differences of provider invoices that an operator accepted, for exactly the totals that were shown; and the part of a header that
 * only the summary of the invoice explains, beside the part that nothing explains and no line has.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE cloud_invoice_acceptances (
      invoice_uuid text NOT NULL REFERENCES cloud_invoices,
      accepted_at timestamptz NOT NULL,
      accepted_by text NOT NULL,
      reason text NOT NULL,
      header_minor bigint NOT NULL,
      csv_minor bigint,
      items_minor bigint,
      PRIMARY KEY (invoice_uuid, accepted_at)
    )`.execute(db);
  await sql`COMMENT ON TABLE cloud_invoice_acceptances IS 'Differences of provider invoices that an operator accepted, with the totals at that time'`.execute(
    db,
  );
  await sql`
    ALTER TABLE cloud_invoices ADD COLUMN explained_minor bigint NOT NULL DEFAULT 0,
      ADD COLUMN unexplained_minor bigint NOT NULL DEFAULT 0,
      DROP CONSTRAINT cloud_invoices_status_check,
      ADD CONSTRAINT cloud_invoices_status_check
        CHECK (status IN ('discovered', 'reconciled', 'unreconciled', 'refused', 'accepted'))`.execute(db);
  await sql`
    UPDATE cloud_invoices SET unexplained_minor = header_minor - amount_gross_minor
    WHERE status = 'unreconciled' AND amount_gross_minor IN (csv_minor, items_minor)`.execute(db);
}
