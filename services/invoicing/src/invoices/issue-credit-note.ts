import { type EventData, invoicing, nameUuid, type RequestOutput } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import { creditTax } from '../domain/invoices/credit-tax.ts';
import { totalOf } from '../domain/rating/tax.ts';
import { type CreditNote, type CreditNoteLine, creditedBy, insertCreditNote } from '../store/invoices/credit-notes.ts';
import { ratedTerms } from '../store/invoices/invoice-lines.ts';
import { creditedOn } from '../store/invoices/invoice-lists.ts';
import { takeNumber } from '../store/invoices/invoices.ts';
import { noteReceivable } from '../store/receivables/receivables.ts';
import type { InvoiceRow } from '../store/schema.ts';

export type CreditLine = Omit<CreditNoteLine, 'line_id'>;
type Credit = {
  kind: 'goodwill' | 'correction';
  reason: string;
  now: Temporal.Instant;
  lines: readonly CreditLine[];
};

/** A credit note as the API shows it. */
export const creditNoteView = (note: CreditNote): RequestOutput<typeof invoicing.creditInvoice> => ({
  ...invoicing.creditNoteIssued.data.parse({
    ...note,
    net_cents: Number(note.net_cents),
    tax_cents: Number(note.tax_cents),
    total_cents: Number(note.total_cents),
  }),
  kind: note.kind,
  line_count: note.line_count,
  finance_credit_id: note.finance_credit_id,
});

/**
 * Gives a credit note its number and publishes it. The caller makes sure that the credit is not larger than what remains of the
 * invoice.
 * @returns the credit note's id
 */
export const issueCreditNote = async (tx: Tx, invoice: InvoiceRow, credit: Credit): Promise<string> => {
  const before = await creditedBy(tx.sql, invoice.invoice_id);
  const credited = await creditedOn(tx.sql, invoice.invoice_id);
  const { tax } = await ratedTerms(tx.sql, { invoiceId: invoice.invoice_id, deploymentId: null });
  const net = credit.lines.reduce((sum, { amount_cents }) => sum + amount_cents, 0);
  const taxCents = creditTax(
    { subtotalCents: Number(invoice.subtotal_cents), taxCents: Number(invoice.tax_cents) },
    { netCents: credited.net_cents, taxCents: credited.tax_cents },
    net,
    tax,
  );
  const total = totalOf(net, taxCents, tax);
  const credit_note_id = nameUuid('credit-note', invoice.invoice_id, String(before.notes + 1));
  const lines = credit.lines.map((line) => ({
    ...line,
    line_id: nameUuid('invoice-line', invoice.invoice_id, line.line_key),
  }));
  const number = await takeNumber(tx.sql, 'CN');
  const { invoice_id, tenant_id, period, currency } = invoice;
  const note = {
    credit_note_id,
    invoice_id,
    tenant_id,
    period,
    number,
    currency,
    reason: credit.reason,
    issued_at: credit.now.toString(),
  };
  await insertCreditNote(
    tx.sql,
    { ...note, kind: credit.kind, net_cents: String(net), tax_cents: String(taxCents), total_cents: String(total) },
    lines,
  );
  await noteReceivable(tx.sql, { document: 'credit_note', documentId: credit_note_id, tenantId: tenant_id, number });
  const issued: EventData<typeof invoicing.creditNoteIssued> = {
    ...note,
    net_cents: net,
    tax_cents: taxCents,
    total_cents: total,
    lines: lines.map(({ line_id, deployment_id, resource_kind, amount_cents }) => ({
      line_id,
      deployment_id,
      resource_kind,
      amount_cents,
    })),
  };
  await tx.publish(invoicing.creditNoteIssued, issued);
  return credit_note_id;
};
