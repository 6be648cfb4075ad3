import { dayOf, type EventData, invoicing } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { type Draft, findInvoice, linesOf, markIssued } from '../store/invoices/invoices.ts';
import type { Schema } from '../store/schema.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { invoiceLineView } from './invoice-view.ts';

/** Gives a draft its number and says it whole. From then on it does not change. */
export const issueInvoice = async (
  tx: Tx<Schema>,
  draft: Draft,
  terms: { paymentTermsDays: number; now: Temporal.Instant },
): Promise<void> => {
  const dueOn = Temporal.PlainDate.from(dayOf(terms.now)).add({ days: terms.paymentTermsDays }).toString();
  const number = await markIssued(tx.sql, draft.invoice.invoice_id, { issuedAt: terms.now, dueOn });
  await tx.publish(invoicing.invoiceIssued, issuedData(draft, { number, issuedAt: terms.now.toString(), dueOn }));
};

/** Issues a draft whose grace is over. */
export const issueWaitingDraft = async (tx: Tx<Schema>, invoiceId: string, now: Temporal.Instant): Promise<void> => {
  const invoice = await findInvoice(tx.sql, { invoiceId, tenantId: null, lock: true });
  if (invoice === null || invoice.status !== 'draft') return;
  const { payment_terms_days: paymentTermsDays } = await findBillingProfile(tx.sql, invoice.tenant_id);
  await issueInvoice(tx, { invoice, lines: await linesOf(tx.sql, invoiceId) }, { paymentTermsDays, now });
};

/** What is said of an invoice, from its rows. */
export const issuedData = (
  { invoice, lines }: Draft,
  issued: { number: string; issuedAt: string; dueOn: string },
): EventData<typeof invoicing.invoiceIssued> => ({
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
  facts_hash: invoice.facts_hash,
  lines: lines.map(invoiceLineView),
});
