import { dayOf, type EventData, invoicing } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { invoiceLineView } from './invoice-view.ts';
import { findBillingProfile } from './store/billing-profiles.ts';
import { findInvoice, linesOf, markIssued, takeNumber } from './store/invoices.ts';
import { noteReceivable } from './store/receivables.ts';
import type { InvoiceRow, Schema } from './store/schema.ts';

/** Gives a draft its number and says it whole. From then on it does not change. */
export const issueInvoice = async (tx: Tx<Schema>, invoiceId: string, now: Temporal.Instant): Promise<void> => {
  const draft = await findInvoice(tx.sql, { invoiceId, tenantId: null, lock: true });
  if (draft === null || draft.status !== 'draft') return;
  const { payment_terms_days } = await findBillingProfile(tx.sql, draft.tenant_id);
  const dueOn = Temporal.PlainDate.from(dayOf(now)).add({ days: payment_terms_days }).toString();
  const lines = (await linesOf(tx.sql, invoiceId)).map(invoiceLineView);
  const number = await takeNumber(tx.sql, 'INV');
  await markIssued(tx.sql, invoiceId, { number, issuedAt: now, dueOn });
  await noteReceivable(tx, { document: 'invoice', documentId: invoiceId, tenantId: draft.tenant_id, number, now });
  await tx.say(invoicing.invoiceIssued, { ...issuedData(draft, { number, issuedAt: now.toString(), dueOn }), lines });
};

const issuedData = (
  invoice: InvoiceRow,
  issued: { number: string; issuedAt: string; dueOn: string },
): Omit<EventData<typeof invoicing.invoiceIssued>, 'lines'> => ({
  invoice_id: invoice.invoice_id,
  tenant_id: invoice.tenant_id,
  period: invoice.period,
  period_start: invoice.period_start,
  period_end: invoice.period_end,
  number: issued.number,
  status: 'issued',
  currency: invoice.currency,
  subtotal_cents: Number(invoice.subtotal_cents),
  tax_cents: Number(invoice.tax_cents),
  total_cents: Number(invoice.total_cents),
  issued_at: issued.issuedAt,
  due_on: issued.dueOn,
  close_revision: invoice.close_revision,
  rating_version: invoice.rating_version,
  input_hash: invoice.input_hash,
  output_hash: invoice.output_hash,
});
