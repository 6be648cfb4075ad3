import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/** Credit that was applied to an invoice `i`, from credit notes on it and from others, and paid credit, in minor units with tax. */
export const appliedCents = sql`(coalesce((SELECT sum(a.amount_cents) FROM credit_applications a WHERE a.invoice_id = i.invoice_id), 0)
  + coalesce((SELECT sum(d.amount_cents) FROM prepaid_draws d WHERE d.invoice_id = i.invoice_id AND d.is_paid), 0))`;

/** Records that a part of a credit note lowers what is due on an invoice. The caller has counted it out of what is open. */
export const applyCredit = async (
  db: Db,
  applied: { creditNoteId: string; invoiceId: string; cents: number; at: Temporal.Instant },
): Promise<void> => {
  await sql`INSERT INTO credit_applications (credit_note_id, invoice_id, amount_cents, applied_at)
    VALUES (${applied.creditNoteId}, ${applied.invoiceId}, ${applied.cents}, ${applied.at.toString()})`.execute(db);
};

/** Opens the credit that was applied to an invoice again, when the invoice is voided. */
export const releaseCredit = async (db: Db, invoiceId: string): Promise<void> => {
  await sql`WITH released AS (DELETE FROM credit_applications WHERE invoice_id = ${invoiceId} RETURNING credit_note_id, amount_cents)
    UPDATE credit_notes c SET open_cents = c.open_cents + r.amount_cents FROM released r WHERE c.credit_note_id = r.credit_note_id`.execute(
    db,
  );
};

/** The credit that was applied to an invoice when it was issued, by the number of the credit note. */
export const creditAtIssue = async (db: Db, invoiceId: string): Promise<{ number: string; amount_cents: number }[]> => {
  const { rows } = await sql<{ number: string; amount_cents: string }>`SELECT c.number, a.amount_cents
    FROM credit_applications a JOIN credit_notes c USING (credit_note_id) JOIN tenant_invoices i ON i.invoice_id = a.invoice_id
    WHERE a.invoice_id = ${invoiceId} AND c.invoice_id IS DISTINCT FROM i.invoice_id ORDER BY c.number`.execute(db);
  return rows.map((row) => ({ ...row, amount_cents: Number(row.amount_cents) }));
};

/** Records that the open rest of a credit note was paid back. */
export const noteRefund = async (
  db: Db,
  refund: { creditNoteId: string; at: string; reference: string },
): Promise<void> => {
  await sql`UPDATE credit_notes SET refunded_cents = open_cents, open_cents = 0, refunded_at = ${refund.at}, refund_reference = ${refund.reference}
    WHERE credit_note_id = ${refund.creditNoteId}`.execute(db);
};
