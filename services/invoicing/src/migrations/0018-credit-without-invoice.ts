import { type Kysely, sql } from 'kysely';

/**
 * What would be a negative invoice is a credit note without one. Credit is applied to invoices, or refunded; until then it is open.
 * Credit notes of earlier versions count as applied to their invoices, or as open where their invoice was paid before.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...columns, ...guards, ...applications]) await sql.raw(statement).execute(db);
}

const columns = [
  `ALTER TABLE credit_notes ALTER COLUMN invoice_id DROP NOT NULL,
    DROP CONSTRAINT credit_notes_kind_check, ADD CONSTRAINT credit_notes_kind_check CHECK (kind IN ('goodwill', 'correction', 'excess')),
    ADD CONSTRAINT credit_notes_invoice_or_excess CHECK ((invoice_id IS NULL) = (kind = 'excess')),
    ADD COLUMN open_cents bigint NOT NULL DEFAULT 0 CHECK (open_cents >= 0),
    ADD COLUMN refunded_cents bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunded_at timestamptz,
    ADD COLUMN refund_reference text,
    ADD COLUMN supplier json,
    ADD COLUMN customer json,
    ADD COLUMN tax json,
    ADD COLUMN deployment_names json`,
  `COMMENT ON COLUMN credit_notes.invoice_id IS 'The credited invoice; null: what the lines of a month came to below zero'`,
  `COMMENT ON COLUMN credit_notes.open_cents IS 'Neither applied to an invoice nor refunded yet, with tax'`,
  `COMMENT ON COLUMN credit_notes.supplier IS 'The issuer as it was then; null on older credit notes, which have that of their invoice'`,
  `CREATE INDEX credit_notes_open ON credit_notes (tenant_id, number) WHERE open_cents > 0`,
  `CREATE INDEX credit_notes_excess ON credit_notes (tenant_id, period) WHERE invoice_id IS NULL`,
  `ALTER TABLE credit_note_lines ADD COLUMN adjusts_period text, ADD COLUMN adjusts_key text`,
  `CREATE INDEX credit_note_lines_adjusts ON credit_note_lines (adjusts_period, credit_note_id) WHERE adjusts_period IS NOT NULL`,
  `ALTER TABLE manual_lines ADD COLUMN credited_cents bigint NOT NULL DEFAULT 0`,
  `COMMENT ON COLUMN manual_lines.credited_cents IS 'The part of a negative line that was credited, because its month came to less than zero'`,
];

const applications = [
  `CREATE TABLE credit_applications (
    credit_note_id uuid NOT NULL REFERENCES credit_notes,
    invoice_id uuid NOT NULL REFERENCES tenant_invoices,
    amount_cents bigint NOT NULL CHECK (amount_cents > 0),
    applied_at timestamptz NOT NULL,
    PRIMARY KEY (invoice_id, credit_note_id)
  )`,
  `COMMENT ON TABLE credit_applications IS 'Which part of a credit note lowers what is due on which invoice'`,
  `INSERT INTO credit_applications (credit_note_id, invoice_id, amount_cents, applied_at)
    SELECT c.credit_note_id, c.invoice_id, c.total_cents, c.issued_at FROM credit_notes c JOIN tenant_invoices i USING (invoice_id)
    WHERE c.total_cents > 0 AND (i.status <> 'paid' OR c.issued_at <= i.paid_at)`,
  `UPDATE credit_notes c SET open_cents = c.total_cents FROM tenant_invoices i
    WHERE i.invoice_id = c.invoice_id AND c.total_cents > 0 AND i.status = 'paid' AND c.issued_at > i.paid_at`,
];

const guards = [
  `CREATE OR REPLACE FUNCTION keep_credit() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE noted constant text[] := ARRAY['finance_credit_id', 'pushed_to_finance_at', 'open_cents', 'refunded_cents', 'refunded_at',
    'refund_reference'];
  BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - noted = to_jsonb(OLD) - noted THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'a credit note does not change' USING ERRCODE = 'integrity_constraint_violation';
  END $$`,
  `CREATE FUNCTION refuse_negative_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'invoice % comes to less than zero: that is a credit note', NEW.invoice_id USING ERRCODE = 'integrity_constraint_violation';
  END $$`,
  `CREATE TRIGGER tenant_invoices_not_negative BEFORE UPDATE ON tenant_invoices
    FOR EACH ROW WHEN (OLD.status = 'draft' AND NEW.status = 'issued' AND NEW.total_cents < 0) EXECUTE FUNCTION refuse_negative_invoice()`,
];
