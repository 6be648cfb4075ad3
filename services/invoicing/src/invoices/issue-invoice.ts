import { dayOf, type EventData, invoicing } from '@arcadia/contracts';
import { encodeEvent, type JobRun } from '@arcadia/platform';
import type { Context, Tx } from '../context.ts';
import type { Draft } from '../store/invoices/draft-invoices.ts';
import { dueDrafts, findInvoice, linesOf, markIssued } from '../store/invoices/invoices.ts';
import { drawsOfInvoice } from '../store/prepaid/prepaid-credits.ts';
import { isCompressing } from '../store/stored-forms.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { invoiceLineView } from './invoice-view.ts';
import { settleByCredit } from './settle-by-credit.ts';

type Terms = { paymentTermsDays: number; isCompressed: boolean; now: Temporal.Instant };

const dueOn = ({ paymentTermsDays, now }: Pick<Terms, 'paymentTermsDays' | 'now'>): string =>
  Temporal.PlainDate.from(dayOf(now)).add({ days: paymentTermsDays }).toString();

/**
 * Prepares a draft to be issued: what is returned gives it its number and publishes it whole; from then on it does not change. Everything
 * but the number is done before: from the moment when it is taken until the commit no other invoice can be issued.
 */
export const prepareIssue = (draft: Draft, terms: Terms): ((tx: Tx) => Promise<void>) => {
  const { invoice_id: invoiceId } = draft.invoice;
  const issued = { issuedAt: terms.now, dueOn: dueOn(terms) };
  // The id stands for the number, which is not known yet.
  const data = issuedData(draft, { ...issued, number: invoiceId, issuedAt: terms.now.toString() });
  const messages = encodeEvent(invoicing.invoiceIssued, data, { occurredAt: terms.now, headers: null });
  return async (tx) => {
    const { number, due } = await markIssued(tx.sql, invoiceId, issued);
    const numbered = messages.map((message) => ({
      ...message,
      payload: withNumber(message.payload, invoiceId, number),
    }));
    await tx.publishEncoded(invoicing.invoiceIssued, numbered, { isCompressed: terms.isCompressed });
    if (due === 0) await settleByCredit(tx, { ...draft.invoice, number }, terms.now);
  };
};

const withNumber = (payload: string, invoiceId: string, number: string): string =>
  payload.replace(`"number":"${invoiceId}"`, () => `"number":${JSON.stringify(number)}`);

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
  const isCompressed = await isCompressing(tx.sql);
  await prepareIssue({ invoice, lines, prepaid }, { paymentTermsDays, isCompressed, now })(tx);
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
