import { sql } from 'kysely';
import type { InvoiceStanding } from '../../domain/documents/invoice-standing.ts';
import type { Db, InvoiceRow } from '../schema.ts';

type Standing = Pick<InvoiceStanding, 'payments' | 'credit_notes'> & { successor: { number: string | null } | null };

/** The state of an invoice: its payments, the credit notes on it, and the invoice that replaces it. */
export const standingOf = async (db: Db, invoice: InvoiceRow): Promise<InvoiceStanding> => {
  const { rows } = await sql<Standing>`SELECT
    (SELECT coalesce(json_agg(json_build_object('at', p.paid_at, 'reference', p.reference, 'amount_cents', p.amount_cents)
      ORDER BY p.paid_at, p.recorded_at, p.payment_id), '[]') FROM payments p WHERE p.invoice_id = ${invoice.invoice_id}) AS payments,
    (SELECT coalesce(json_agg(json_build_object('number', c.number, 'issued_at', c.issued_at, 'total_cents', c.total_cents,
      'applied_cents', coalesce((SELECT a.amount_cents FROM credit_applications a
        WHERE a.credit_note_id = c.credit_note_id AND a.invoice_id = c.invoice_id), 0)) ORDER BY c.number), '[]')
      FROM credit_notes c WHERE c.invoice_id = ${invoice.invoice_id}) AS credit_notes,
    (SELECT json_build_object('number', r.number) FROM tenant_invoices r WHERE r.invoice_id = ${invoice.replaced_by}) AS successor`.execute(
    db,
  );
  const { payments = [], credit_notes = [], successor = null } = rows[0] ?? {};
  const { status, paid_at, payment_reference, voided_at, void_reason } = invoice;
  return {
    status,
    issue_at: invoice.issue_at,
    paid: paid_at === null ? null : { at: paid_at, reference: payment_reference ?? '' },
    voided: voided_at === null ? null : { at: voided_at, reason: void_reason ?? '', replaced_by: successor },
    payments,
    credit_notes,
  };
};
