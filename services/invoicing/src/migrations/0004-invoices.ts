import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...tables, ...guards]) await sql.raw(statement).execute(db);
}

const tables = [
  `CREATE TABLE number_series (series text PRIMARY KEY, last_number bigint NOT NULL)`,
  `INSERT INTO number_series VALUES ('INV', 0), ('CN', 0)`,
  `CREATE TABLE tenant_invoices (
    invoice_id uuid PRIMARY KEY,
    tenant_id text NOT NULL,
    period text NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('draft', 'issued', 'paid', 'void')),
    number text UNIQUE,
    currency text NOT NULL,
    is_tax_inclusive boolean NOT NULL,
    subtotal_cents bigint NOT NULL,
    tax_cents bigint NOT NULL,
    total_cents bigint NOT NULL,
    issue_at timestamptz NOT NULL,
    issued_at timestamptz,
    due_on date,
    close_revision integer NOT NULL,
    rating_version text NOT NULL,
    input_hash text NOT NULL,
    output_hash text NOT NULL,
    input json NOT NULL,
    unrated json NOT NULL,
    customer json NOT NULL,
    supplier json NOT NULL,
    paid_at timestamptz,
    payment_reference text,
    voided_at timestamptz,
    void_reason text,
    replaced_by uuid,
    overdue_at timestamptz,
    finance_invoice_id text,
    pushed_to_finance_at timestamptz,
    CHECK (status IN ('draft', 'void') OR number IS NOT NULL)
  )`,
  `CREATE UNIQUE INDEX tenant_invoices_one_live ON tenant_invoices (tenant_id, period) WHERE status <> 'void'`,
  `CREATE INDEX tenant_invoices_period ON tenant_invoices (period, invoice_id)`,
  `CREATE INDEX tenant_invoices_due ON tenant_invoices (due_on) WHERE status = 'issued' AND overdue_at IS NULL`,
  `CREATE TABLE tenant_invoice_lines (
    invoice_id uuid NOT NULL REFERENCES tenant_invoices,
    position integer NOT NULL,
    line_id uuid NOT NULL,
    line_key text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('plan_base', 'addon', 'overage', 'adjustment', 'manual', 'tax')),
    deployment_id uuid,
    resource_kind text,
    description text NOT NULL,
    qty numeric NOT NULL,
    unit text NOT NULL,
    unit_price_cents numeric NOT NULL,
    amount_cents bigint NOT NULL,
    meta json NOT NULL,
    adjusts_period text,
    adjusts_key text,
    PRIMARY KEY (invoice_id, position)
  )`,
  `CREATE INDEX tenant_invoice_lines_adjusts ON tenant_invoice_lines (adjusts_period, invoice_id) WHERE adjusts_period IS NOT NULL`,
  // The fact revisions an invoice billed: of its own month, and of the months its adjustments correct.
  `CREATE TABLE invoice_facts (
    invoice_id uuid NOT NULL REFERENCES tenant_invoices,
    period text NOT NULL,
    deployment_id uuid NOT NULL,
    starts timestamptz[] NOT NULL,
    granularities text[] NOT NULL,
    revisions integer[] NOT NULL,
    PRIMARY KEY (invoice_id, period, deployment_id)
  )`,
  // How far a tenant's month is billed; without an invoice when there was nothing to bill.
  `CREATE TABLE billed_periods (
    tenant_id text NOT NULL,
    period text NOT NULL,
    close_revision integer NOT NULL,
    invoice_id uuid,
    terms_changed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, period)
  )`,
  `CREATE TABLE invoice_runs (
    period text NOT NULL,
    tenant_id text NOT NULL,
    close_revision integer NOT NULL,
    is_forced boolean NOT NULL,
    status text NOT NULL,
    detail text,
    invoice_id uuid,
    attempts integer NOT NULL DEFAULT 0,
    finished_at timestamptz,
    PRIMARY KEY (period, tenant_id, close_revision)
  )`,
  `CREATE TABLE manual_lines (
    manual_line_id uuid PRIMARY KEY,
    tenant_id text NOT NULL,
    period text NOT NULL,
    deployment_id uuid,
    description text NOT NULL,
    qty numeric NOT NULL,
    unit text NOT NULL,
    unit_price_cents numeric NOT NULL,
    amount_cents bigint NOT NULL,
    invoice_id uuid,
    created_at timestamptz NOT NULL
  )`,
  `CREATE INDEX manual_lines_open ON manual_lines (tenant_id, period) WHERE invoice_id IS NULL`,
  `CREATE TABLE credit_notes (
    credit_note_id uuid PRIMARY KEY,
    invoice_id uuid NOT NULL REFERENCES tenant_invoices,
    tenant_id text NOT NULL,
    period text NOT NULL,
    number text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('goodwill', 'correction')),
    currency text NOT NULL,
    net_cents bigint NOT NULL,
    tax_cents bigint NOT NULL,
    total_cents bigint NOT NULL,
    reason text NOT NULL,
    issued_at timestamptz NOT NULL,
    finance_credit_id text,
    pushed_to_finance_at timestamptz
  )`,
  `CREATE INDEX credit_notes_invoice ON credit_notes (invoice_id)`,
  `CREATE TABLE credit_note_lines (
    credit_note_id uuid NOT NULL REFERENCES credit_notes,
    position integer NOT NULL,
    line_id uuid NOT NULL,
    line_key text NOT NULL,
    deployment_id uuid,
    resource_kind text,
    description text NOT NULL,
    amount_cents bigint NOT NULL,
    PRIMARY KEY (credit_note_id, position)
  )`,
  `CREATE TABLE receivables (
    document text NOT NULL CHECK (document IN ('invoice', 'void', 'credit_note')),
    document_id uuid NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id text NOT NULL,
    number text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    pushed_at timestamptz,
    finance_id text,
    PRIMARY KEY (document, document_id)
  )`,
  `CREATE INDEX receivables_pending ON receivables (position) WHERE pushed_at IS NULL`,
];

const guards = [
  // What was issued stays as it is: afterwards only its payment, its end and the finance system's answer are noted.
  `CREATE FUNCTION keep_issued_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    noted constant text[] := ARRAY['status', 'paid_at', 'payment_reference', 'voided_at', 'void_reason', 'replaced_by',
      'overdue_at', 'finance_invoice_id', 'pushed_to_finance_at'];
  BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - noted = to_jsonb(OLD) - noted
      AND (NEW.status = OLD.status OR (OLD.status, NEW.status) IN (('issued', 'paid'), ('issued', 'void'))) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'invoice % is issued and does not change', OLD.number USING ERRCODE = 'integrity_constraint_violation';
  END $$`,
  `CREATE TRIGGER tenant_invoices_immutable BEFORE UPDATE OR DELETE ON tenant_invoices
    FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION keep_issued_invoice()`,
  `CREATE FUNCTION keep_issued_lines() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT 1 FROM touched t JOIN tenant_invoices i USING (invoice_id) WHERE i.status <> 'draft') THEN
      RAISE EXCEPTION 'the lines of an issued invoice do not change' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER tenant_invoice_lines_inserted AFTER INSERT ON tenant_invoice_lines
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION keep_issued_lines()`,
  `CREATE TRIGGER tenant_invoice_lines_updated AFTER UPDATE ON tenant_invoice_lines
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION keep_issued_lines()`,
  `CREATE TRIGGER tenant_invoice_lines_deleted AFTER DELETE ON tenant_invoice_lines
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION keep_issued_lines()`,
  `CREATE FUNCTION keep_credit() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE noted constant text[] := ARRAY['finance_credit_id', 'pushed_to_finance_at'];
  BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - noted = to_jsonb(OLD) - noted THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'a credit note does not change' USING ERRCODE = 'integrity_constraint_violation';
  END $$`,
  `CREATE TRIGGER credit_notes_immutable BEFORE UPDATE OR DELETE ON credit_notes FOR EACH ROW EXECUTE FUNCTION keep_credit()`,
  `CREATE TRIGGER credit_note_lines_immutable BEFORE UPDATE OR DELETE ON credit_note_lines FOR EACH ROW EXECUTE FUNCTION keep_credit()`,
];
