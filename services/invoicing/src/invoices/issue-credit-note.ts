import { invoicing, nameUuid, type Period, type RequestOutput } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import { creditTax } from '../domain/invoices/credit-tax.ts';
import type { ExcessLine } from '../domain/invoices/excess.ts';
import type { Customer, Supplier } from '../domain/invoices/party.ts';
import { publishedNote } from '../domain/invoices/published-note.ts';
import { taxOn, totalOf } from '../domain/rating/tax.ts';
import type { TaxPolicy } from '../domain/rating/terms.ts';
import { applyCredit } from '../store/invoices/credit-applications.ts';
import {
  type CreditNote,
  type CreditNoteLine,
  countExcessNotes,
  creditedBy,
  insertCreditNote,
  type NewCreditNote,
} from '../store/invoices/credit-notes.ts';
import { printedNames, ratedTerms } from '../store/invoices/invoice-lines.ts';
import { creditedOn } from '../store/invoices/invoice-lists.ts';
import { takeNumber } from '../store/invoices/invoices.ts';
import { settledOn } from '../store/invoices/payments.ts';
import { noteReceivable } from '../store/receivables/receivables.ts';
import type { InvoiceRow } from '../store/schema.ts';
import { isIssued } from './invoice-reference.ts';
import { settleByCredit } from './settle-by-credit.ts';

export type CreditLine = Pick<
  CreditNoteLine,
  'line_key' | 'deployment_id' | 'resource_kind' | 'description' | 'amount_cents'
>;
type Credit = {
  kind: 'goodwill' | 'correction';
  reason: string;
  now: Temporal.Instant;
  supplier: Supplier;
  lines: readonly CreditLine[];
};

/** A credit note as the API shows it. */
export const creditNoteView = (note: CreditNote): RequestOutput<typeof invoicing.creditInvoice> => ({
  ...publishedNote(note),
  kind: note.kind,
  line_count: note.line_count,
  open_cents: Number(note.open_cents),
  refunded_cents: Number(note.refunded_cents),
  refunded_at: note.refunded_at,
  refund_reference: note.refund_reference,
  applied_to: note.applied_to,
  finance_credit_id: note.finance_credit_id,
});

/**
 * Gives a credit note its number and publishes it. Of an unpaid invoice it lowers what is due; the rest is open, to be applied to
 * the next invoice or refunded. The caller makes sure that the credit is not larger than what remains of the invoice.
 * @returns the credit note's id
 */
export const issueCreditNote = async (tx: Tx, invoice: InvoiceRow, credit: Credit): Promise<string> => {
  const before = await creditedBy(tx.sql, invoice.invoice_id);
  const credited = await creditedOn(tx.sql, invoice.invoice_id);
  const { tax } = await ratedTerms(tx.sql, { invoiceId: invoice.invoice_id, deploymentId: null });
  const net = sumOf(credit.lines);
  const taxCents = creditTax(
    { subtotalCents: Number(invoice.subtotal_cents), taxCents: Number(invoice.tax_cents) },
    { netCents: credited.net_cents, taxCents: credited.tax_cents },
    net,
    tax,
  );
  const total = totalOf(net, taxCents, tax);
  const { invoice_id, tenant_id, period, currency, customer } = invoice;
  const { deployment_names } = await printedNames(tx.sql, invoice_id);
  const due = invoice.status === 'issued' ? (await settledOn(tx.sql, invoice_id)).due : 0;
  const applied = Math.min(total, due);
  const credit_note_id = nameUuid('credit-note', invoice_id, String(before.notes + 1));
  await writeNote(tx, {
    note: { credit_note_id, invoice_id, tenant_id, period, currency, kind: credit.kind, reason: credit.reason, tax },
    amounts: { net, tax: taxCents, total, open: total - applied },
    parties: { supplier: credit.supplier, customer, names: deployment_names },
    lines: credit.lines.map((line) => ({
      ...line,
      line_id: nameUuid('invoice-line', invoice_id, line.line_key),
      adjusts_period: null,
      adjusts_key: null,
    })),
    now: credit.now,
  });
  if (applied > 0)
    await applyCredit(tx.sql, { creditNoteId: credit_note_id, invoiceId: invoice_id, cents: applied, at: credit.now });
  if (applied > 0 && applied === due && isIssued(invoice)) await settleByCredit(tx, invoice, credit.now);
  return credit_note_id;
};

/**
 * Credits what a month comes to below zero, without an invoice. It is open, to be applied to the next invoice or refunded.
 * @returns the credit note's id
 */
export const issueExcessCredit = async (
  tx: Tx,
  month: { tenantId: string; period: Period; currency: string; tax: TaxPolicy },
  excess: { lines: readonly ExcessLine[]; customer: Customer; supplier: Supplier; now: Temporal.Instant },
): Promise<string> => {
  const { tenantId, period, currency, tax } = month;
  const net = sumOf(excess.lines);
  const taxCents = taxOn(net, tax);
  const total = totalOf(net, taxCents, tax);
  const before = await countExcessNotes(tx.sql, tenantId, period);
  const credit_note_id = nameUuid('credit-note', tenantId, period, String(before + 1));
  const reason = `The lines of ${period} come to less than zero`;
  await writeNote(tx, {
    note: { credit_note_id, invoice_id: null, tenant_id: tenantId, period, currency, kind: 'excess', reason, tax },
    amounts: { net, tax: taxCents, total, open: total },
    parties: { supplier: excess.supplier, customer: excess.customer, names: null },
    lines: excess.lines.map(({ key, meta, ...line }) => ({
      line_id: nameUuid('credit-note-line', credit_note_id, key),
      line_key: key,
      deployment_id: line.deployment_id,
      resource_kind: line.resource_kind,
      description: line.description,
      amount_cents: line.amount_cents,
      adjusts_period: (meta.adjusts_period ?? null) as string | null,
      adjusts_key: (meta.adjusts_key ?? null) as string | null,
    })),
    now: excess.now,
  });
  return credit_note_id;
};

const sumOf = (lines: readonly { amount_cents: number }[]): number =>
  lines.reduce((sum, { amount_cents }) => sum + amount_cents, 0);

type Writing = {
  note: Pick<
    NewCreditNote,
    'credit_note_id' | 'invoice_id' | 'tenant_id' | 'period' | 'currency' | 'kind' | 'reason' | 'tax'
  >;
  amounts: { net: number; tax: number; total: number; open: number };
  parties: { supplier: Supplier; customer: Customer; names: Record<string, string> | null };
  lines: readonly CreditNoteLine[];
  now: Temporal.Instant;
};

/** Writes a credit note under the next number, publishes it, and records it as a receivable. */
const writeNote = async (tx: Tx, { note, amounts, parties, lines, now }: Writing): Promise<void> => {
  const number = await takeNumber(tx.sql, 'CN');
  const issued = {
    ...note,
    number,
    issued_at: now.toString(),
    net_cents: String(amounts.net),
    tax_cents: String(amounts.tax),
    total_cents: String(amounts.total),
  };
  await insertCreditNote(
    tx.sql,
    {
      ...issued,
      open_cents: String(amounts.open),
      supplier: parties.supplier,
      customer: parties.customer,
      deployment_names: parties.names,
    },
    lines,
  );
  const { credit_note_id: documentId, tenant_id: tenantId } = note;
  await noteReceivable(tx.sql, { document: 'credit_note', documentId, tenantId, number });
  await tx.publish(invoicing.creditNoteIssued, publishedNote({ ...issued, lines: [...lines] }));
};
