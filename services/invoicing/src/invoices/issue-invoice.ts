import { dayOf, type EventData, invoicing } from '@arcadia/contracts';
import { encodeEvent, type JobRun } from '@arcadia/platform';
import type { Context, Tx } from '../context.ts';
import { type Draft, numberedEvent } from '../store/invoices/draft-invoices.ts';
import { dueDrafts, findInvoice, linesOf, markIssued } from '../store/invoices/invoices.ts';
import { drawsOfInvoice } from '../store/prepaid/prepaid-credits.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { invoiceLineView, linesText } from './invoice-view.ts';

type Terms = { paymentTermsDays: number; now: Temporal.Instant };

const dueOn = ({ paymentTermsDays, now }: Terms): string =>
  Temporal.PlainDate.from(dayOf(now)).add({ days: paymentTermsDays }).toString();

/** Gives a draft its number and publishes it whole. From then on it does not change. */
const issueInvoice = async (tx: Tx, draft: Draft, terms: Terms): Promise<void> => {
  const issued = { issuedAt: terms.now, dueOn: dueOn(terms) };
  const number = await markIssued(tx.sql, draft.invoice.invoice_id, issued);
  const data = issuedData(draft, { ...issued, number, issuedAt: terms.now.toString() });
  await tx.publish(invoicing.invoiceIssued, data);
};

/** The text with which a draft is written, and what issues it afterwards in the same transaction. */
export type Issue = { text: string; issue: (tx: Tx) => Promise<void> };

/**
 * Prepares a draft to be issued in the transaction that writes it. Everything but the number is done before: from the moment when it is
 * taken until the commit no other invoice can be issued.
 * @param isAlone whether the transaction publishes nothing else. What it publishes besides must be published before the invoice
 */
export const prepareIssue = (draft: Draft, terms: Terms, { isAlone }: { isAlone: boolean }): Issue => {
  const { invoice_id: invoiceId } = draft.invoice;
  const inOrder = (): Issue => ({
    text: linesText(draft.lines),
    issue: (tx) => issueInvoice(tx, draft, terms),
  });
  if (!isAlone) return inOrder();
  const issued = { issuedAt: terms.now, dueOn: dueOn(terms) };
  // The id stands for the number, which is not known yet.
  const data = issuedData(draft, { ...issued, number: invoiceId, issuedAt: terms.now.toString() });
  const [event, ...others] = encodeEvent(invoicing.invoiceIssued, data, { occurredAt: terms.now, headers: null });
  if (event === undefined || others.length > 0) return inOrder();
  return {
    text: event.payload,
    async issue(tx) {
      const number = await markIssued(tx.sql, invoiceId, issued);
      await tx.publishFrom(invoicing.invoiceIssued, numberedEvent({ invoiceId, subject: event.subject, number }), {
        isSteady: true,
      });
    },
  };
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
  const prepaid = await drawsOfInvoice(tx.sql, invoiceId);
  await issueInvoice(tx, { invoice, lines, prepaid }, { paymentTermsDays, now });
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
