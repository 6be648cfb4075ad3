import { dayOf, type EventData, invoicing } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import type { Context, Tx } from '../context.ts';
import { type Draft, dueDrafts, findInvoice, linesOf, markIssued } from '../store/invoices/invoices.ts';
import { drawsOfInvoice } from '../store/prepaid/prepaid-credits.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { invoiceLineView } from './invoice-view.ts';

/** Gives a draft its number and publishes it whole. From then on it does not change. */
export const issueInvoice = async (
  tx: Tx,
  draft: Draft,
  terms: { paymentTermsDays: number; now: Temporal.Instant },
): Promise<void> => {
  const dueOn = Temporal.PlainDate.from(dayOf(terms.now)).add({ days: terms.paymentTermsDays }).toString();
  const number = await markIssued(tx.sql, draft.invoice.invoice_id, { issuedAt: terms.now, dueOn });
  await tx.publish(invoicing.invoiceIssued, issuedData(draft, { number, issuedAt: terms.now.toString(), dueOn }));
};

/** Issues the drafts whose grace period is over. */
export async function issueDueDrafts(_: Pick<JobRun<object>, 'input'>, ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  for (const invoiceId of await dueDrafts(ctx.db, now)) await ctx.transact((tx) => issueDraft(tx, invoiceId, now));
}

const issueDraft = async (tx: Tx, invoiceId: string, now: Temporal.Instant): Promise<void> => {
  const invoice = await findInvoice(tx.sql, { invoiceId, tenantId: null, lock: true });
  if (invoice === null || invoice.status !== 'draft') return;
  const { payment_terms_days: paymentTermsDays } = await findBillingProfile(tx.sql, invoice.tenant_id);
  const lines = await linesOf(tx.sql, invoiceId);
  await issueInvoice(
    tx,
    { invoice, lines, prepaid: await drawsOfInvoice(tx.sql, invoiceId) },
    { paymentTermsDays, now },
  );
};

/** The data of `invoice.issued`, from an invoice's rows. */
export const issuedData = (
  { invoice, lines, prepaid }: Draft,
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
  ...(prepaid.length === 0 ? {} : { prepaid: prepaid.toSorted((a, b) => (a.credit_id < b.credit_id ? -1 : 1)) }),
  lines: lines.map(invoiceLineView),
});
