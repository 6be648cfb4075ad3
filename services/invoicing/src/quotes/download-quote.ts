import { type invoicing, refuse, tenantScope } from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import { renderPdf } from '../clients/pdf/render-pdf.ts';
import type { Context } from '../context.ts';
import { addonWords } from '../domain/documents/invoice-document.ts';
import { quoteDocument } from '../domain/documents/quote-document.ts';
import { customerOf } from '../invoices/customer-of.ts';
import { findQuote } from '../store/quotes/quotes.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';

/** A quote as PDF, for the customer as it is now. */
export async function downloadQuote({ input, actor }: ReadRequest<typeof invoicing.getQuotePdf>, ctx: Context) {
  const { quote_id } = input;
  const quote = await findQuote(ctx.db, { quoteId: quote_id, tenantId: tenantScope(actor) });
  if (quote === null) return refuse('not-found', `There is no quote ${quote_id}.`);
  const customer =
    quote.tenant_id === null
      ? { name: 'Prospective customer', address: [], registration_number: null }
      : customerOf(await findBillingProfile(ctx.db, quote.tenant_id));
  const { tax } = quote.input;
  const document = quoteDocument({
    quote_id,
    created_at: quote.created_at,
    valid_until: quote.valid_until,
    period: quote.period,
    plan_code: quote.plan_code,
    plan_version: quote.version,
    output: quote.output,
    is_tax_inclusive: tax.is_inclusive,
    addons: addonWords(quote.input),
    supplier: ctx.config.supplier,
    customer: { ...customer, tax: { name: tax.name, registration_number: tax.registration_number } },
  });
  const bytes = await renderPdf(ctx.config, () => document);
  return { head: { media_type: 'application/pdf', file_name: `quote-${quote_id}.pdf` }, chunks: [bytes] };
}
