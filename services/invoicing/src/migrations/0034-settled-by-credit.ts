import { type Kysely, sql } from 'kysely';

/**
 * An invoice on which nothing is due is paid at once. One that credit alone settled may still be void: no money was paid towards it, and its
 * credit is given back.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(guard).execute(db);
}

const guard = `CREATE OR REPLACE FUNCTION keep_issued_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    noted constant text[] := ARRAY['status', 'paid_at', 'payment_reference', 'voided_at', 'void_reason', 'replaced_by',
      'overdue_at', 'finance_invoice_id', 'pushed_to_finance_at'];
  BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - noted = to_jsonb(OLD) - noted
      AND (NEW.status = OLD.status OR (OLD.status, NEW.status) IN (('issued', 'paid'), ('issued', 'void'))
        OR ((OLD.status, NEW.status) = ('paid', 'void') AND NOT EXISTS (SELECT FROM payments p WHERE p.invoice_id = OLD.invoice_id))) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'invoice % is issued and does not change', OLD.number USING ERRCODE = 'integrity_constraint_violation';
  END $$`;
