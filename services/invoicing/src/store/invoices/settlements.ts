import { sql } from 'kysely';
import type { Db } from '../schema.ts';
import { dueCents } from './payments.ts';

export const markPaid = async (
  db: Db,
  invoiceId: string,
  payment: { paidAt: string; reference: string },
): Promise<void> => {
  await sql`UPDATE tenant_invoices SET status = 'paid', paid_at = ${payment.paidAt}, payment_reference = ${payment.reference}
    WHERE invoice_id = ${invoiceId}`.execute(db);
};

/** The issued invoices on which nothing is due, and which are not marked as paid: those issued before this rule existed. */
export const settledInvoices = async (db: Db): Promise<string[]> => {
  const { rows } = await sql<{ invoice_id: string }>`SELECT i.invoice_id FROM tenant_invoices i
    WHERE i.status = 'issued' AND ${dueCents} <= 0 ORDER BY i.number`.execute(db);
  return rows.map(({ invoice_id }) => invoice_id);
};

/** The issued invoices, not marked as overdue yet, that were due before a day and on which something is due. */
export const overdueInvoices = async (db: Db, day: string): Promise<string[]> => {
  const { rows } = await sql<{ invoice_id: string }>`SELECT i.invoice_id FROM tenant_invoices i
    WHERE i.status = 'issued' AND i.overdue_at IS NULL AND i.due_on < ${day}::date
      AND ${dueCents} > 0
    ORDER BY i.due_on, i.number`.execute(db);
  return rows.map(({ invoice_id }) => invoice_id);
};

export const noteOverdue = async (db: Db, invoiceId: string, at: Temporal.Instant): Promise<void> => {
  await sql`UPDATE tenant_invoices SET overdue_at = ${at.toString()} WHERE invoice_id = ${invoiceId}`.execute(db);
};
