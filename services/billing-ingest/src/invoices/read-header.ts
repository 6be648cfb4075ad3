import { type DigitalOcean, type InvoiceSummary, ProviderError } from '@arcadia/digitalocean';
import { minorOf } from '../domain/amount.ts';
import type { Totals } from '../domain/cost-lines/cost-line.ts';
import { type AddedLine, explainDifference } from '../domain/invoices/explain-difference.ts';
import type { InvoiceRow } from '../store/invoices/invoices.ts';

export type Header = {
  amount: string;
  /** Null: it was not needed yet, or the provider has none. */
  summary: InvoiceSummary | null;
};

/** The amount from the list of invoices; for an invoice that was ingested before, the current one from the provider. */
export async function readHeader(provider: DigitalOcean, invoice: InvoiceRow, signal: AbortSignal): Promise<Header> {
  const summary = invoice.ingest_count === 0 ? null : await readSummary(provider, invoice.invoice_uuid, signal);
  return { amount: summary?.amount ?? invoice.header_amount, summary };
}

async function readSummary(provider: DigitalOcean, uuid: string, signal: AbortSignal): Promise<InvoiceSummary | null> {
  try {
    return await provider.billing.invoices.summary(uuid, signal);
  } catch (error) {
    if (error instanceof ProviderError && error.status === 404) return null;
    throw error;
  }
}

/**
 * Finds the amounts that make the header of an invoice differ from its lines, in the provider's summary. It is requested only if
 * they differ.
 * @param totals the sums of the lines in the account's currency; null if there are none
 * @returns the lines to add; empty if nothing explains the whole difference
 */
export async function explainHeader(
  provider: DigitalOcean,
  read: { invoice: InvoiceRow; header: Header; totals: Totals | null },
  signal: AbortSignal,
): Promise<AddedLine[]> {
  const { invoice, header, totals } = read;
  if (totals === null) return [];
  const difference = minorOf(header.amount, invoice.currency) - totals.net_minor - totals.tax_minor;
  if (difference === 0) return [];
  const summary = header.summary ?? (await readSummary(provider, invoice.invoice_uuid, signal));
  // Another amount than the header's is that of another version of the invoice.
  if (summary === null || minorOf(summary.amount, invoice.currency) !== minorOf(header.amount, invoice.currency))
    return [];
  const minor = (charge: { amount: string } | null | undefined) => minorOf(charge?.amount ?? '0', invoice.currency);
  return explainDifference(
    difference,
    {
      overages: minor(summary.overages),
      taxes: minor(summary.taxes),
      credits: minor(summary.credits_and_adjustments),
    },
    { overages: totals.overage_minor, taxes: totals.tax_minor, credits: totals.credit_minor },
  );
}
