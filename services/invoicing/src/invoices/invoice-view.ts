import { canonicalDecimal, type invoicing, type RequestOutput } from '@arcadia/contracts';
import { cutPage } from '@arcadia/platform';
import type { z } from 'zod';
import type { InvoiceLineRow } from '../store/invoices/invoice-line-row.ts';
import type { Unbilled } from '../store/invoices/invoice-lines.ts';
import type { ListedInvoice } from '../store/invoices/invoice-lists.ts';

type LineView = z.infer<typeof invoicing.invoiceLine>;
export type InvoiceView = RequestOutput<typeof invoicing.getInvoice>;

export const invoiceLineView = (line: InvoiceLineRow): LineView => ({
  line_id: line.line_id,
  kind: line.kind,
  deployment_id: line.deployment_id,
  resource_kind: line.resource_kind,
  description: line.description,
  qty: canonicalDecimal(line.qty),
  unit: line.unit,
  unit_price_cents: canonicalDecimal(line.unit_price_cents),
  amount_cents: Number(line.amount_cents),
  meta: line.meta,
});

/** An invoice as lists show it; `today` (YYYY-MM-DD, UTC) decides whether it is overdue. */
export const invoiceSummary = (
  invoice: ListedInvoice,
  today: string,
): RequestOutput<typeof invoicing.listInvoices>['items'][number] => ({
  invoice_id: invoice.invoice_id,
  tenant_id: invoice.tenant_id,
  period: invoice.period,
  period_start: invoice.period_start,
  period_end: invoice.period_end,
  number: invoice.number,
  status: invoice.status,
  currency: invoice.currency,
  subtotal_cents: Number(invoice.subtotal_cents),
  tax_cents: Number(invoice.tax_cents),
  total_cents: Number(invoice.total_cents),
  issued_at: invoice.issued_at,
  due_on: invoice.due_on,
  is_overdue: isOverdue(invoice, today),
  is_tax_inclusive: invoice.is_tax_inclusive,
  credited_cents: Number(invoice.credited_cents),
  applied_credit_cents: Number(invoice.applied_credit_cents),
  paid_cents: Number(invoice.paid_cents),
  amount_due_cents: dueCents(invoice),
  close_revision: invoice.close_revision,
  rating_version: invoice.rating_version,
  input_hash: invoice.input_hash,
  output_hash: invoice.output_hash,
  facts_hash: invoice.facts_hash,
  paid_at: invoice.paid_at,
  payment_reference: invoice.payment_reference,
  voided_at: invoice.voided_at,
  void_reason: invoice.void_reason,
  ...(invoice.without_bill_reason === null ? {} : { without_bill_reason: invoice.without_bill_reason }),
  replaced_by: invoice.replaced_by,
  replaces: invoice.replaces,
  finance_invoice_id: invoice.finance_invoice_id,
  pushed_to_finance_at: invoice.pushed_to_finance_at,
});

const isOverdue = (invoice: ListedInvoice, today: string): boolean =>
  invoice.status === 'issued' && invoice.due_on !== null && invoice.due_on < today && dueCents(invoice) > 0;

/** The amount still to be paid; 0 for a draft, a void and a paid invoice. */
const dueCents = ({ status, total_cents, applied_credit_cents, paid_cents }: ListedInvoice): number =>
  status === 'issued' ? Number(total_cents) - Number(applied_credit_cents) - Number(paid_cents) : 0;

/** A page of an invoice's lines. */
export const linesPage = (rows: readonly InvoiceLineRow[], limit: number) =>
  cutPage(rows, { limit, keyOf: (line) => [line.position], itemOf: invoiceLineView });

/** A page of the usage that an invoice does not bill. */
export const unbilledPage = (rows: readonly Unbilled[], limit: number) =>
  cutPage(rows, { limit, keyOf: (row) => [row.position], itemOf: ({ usage }) => usage });
