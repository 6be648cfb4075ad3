import { type Kysely, sql } from 'kysely';

/** An invoice may be paid in parts. One that was paid before has one payment, of what its credit had left. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `CREATE TABLE payments (
    payment_id uuid PRIMARY KEY,
    invoice_id uuid NOT NULL REFERENCES tenant_invoices,
    tenant_id text NOT NULL,
    amount_cents bigint NOT NULL CHECK (amount_cents > 0),
    paid_at timestamptz NOT NULL,
    reference text NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL
  )`,
  `COMMENT ON TABLE payments IS 'Payments towards invoices, each in part or of all that was due'`,
  `CREATE INDEX payments_invoice ON payments (invoice_id)`,
  `CREATE INDEX payments_tenant ON payments (tenant_id, paid_at)`,
  `INSERT INTO payments (payment_id, invoice_id, tenant_id, amount_cents, paid_at, reference, recorded_at, recorded_by)
    SELECT event_id('payment', i.invoice_id::text), i.invoice_id, i.tenant_id, i.total_cents - coalesce(a.applied, 0), i.paid_at,
      coalesce(i.payment_reference, ''), i.paid_at, 'service:invoicing'
    FROM tenant_invoices i LEFT JOIN (SELECT invoice_id, sum(amount_cents) AS applied FROM credit_applications GROUP BY 1) a USING (invoice_id)
    WHERE i.status = 'paid' AND i.total_cents > coalesce(a.applied, 0)`,
  `CREATE FUNCTION keep_payment() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'a recorded payment does not change' USING ERRCODE = 'integrity_constraint_violation';
  END $$`,
  `CREATE TRIGGER payments_kept BEFORE UPDATE OR DELETE ON payments FOR EACH ROW EXECUTE FUNCTION keep_payment()`,
];
