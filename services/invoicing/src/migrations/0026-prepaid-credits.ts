import { type Kysely, sql } from 'kysely';

/** Credit that tenants are granted or pay in advance, and what invoices draw of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `CREATE TABLE prepaid_credits (
    credit_id uuid PRIMARY KEY,
    tenant_id text NOT NULL,
    number integer NOT NULL,
    credit json NOT NULL,
    reference text,
    revision integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    reason text,
    ended_by text,
    end_reason text,
    UNIQUE (tenant_id, number)
  )`,
  `COMMENT ON TABLE prepaid_credits IS 'Credit of tenants that their invoices draw, granted or paid in advance'`,
  `CREATE TABLE prepaid_draws (
    credit_id uuid NOT NULL REFERENCES prepaid_credits,
    invoice_id uuid NOT NULL,
    period text NOT NULL,
    amount_cents bigint NOT NULL CHECK (amount_cents > 0),
    is_paid boolean NOT NULL,
    PRIMARY KEY (credit_id, invoice_id)
  )`,
  `COMMENT ON TABLE prepaid_draws IS 'What invoices draw of prepaid credits; is_paid: after tax'`,
  `CREATE INDEX prepaid_draws_invoice ON prepaid_draws (invoice_id)`,
];
