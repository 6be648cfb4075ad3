import { addMonths, periodOf, periodText } from '@arcadia/contracts';
import type { BillingHistoryEntry, DigitalOcean, InvoiceHeader, ListingOutcome } from '@arcadia/digitalocean';
import { errorText, failpoint, job } from '@arcadia/platform';
import { z } from 'zod';
import { providerOf } from './clients/provider.ts';
import type { Config } from './config.ts';
import type { BillingContext } from './context.ts';
import { parseInstant } from './domain/line-times.ts';
import { ingestInvoiceJob, providerQueue } from './ingest-invoice.ts';
import { type DiscoveredInvoice, forgetAbandonedLines, noteInvoices, unknownInvoices } from './store/invoices.ts';
import type { Database } from './store/schema.ts';

const input = z.object({});

/**
 * Finds invoices that are new, that do not add up, or whose amount has changed, and has each fetched in the background,
 * newest first. Each page is noted by itself, so what a failing provider let us see is not lost.
 */
export const discoverInvoicesJob = job<typeof input, Database, Config>({
  ...providerQueue,
  name: 'discover-invoices',
  input,
  key: () => 'all',
  schedule: { cron: '23 2 * * *', input: () => ({}), catchUp: 'newest' },
  run: async ({ cause, signal }, ctx) => {
    const provider = providerOf(ctx);
    if (provider === null) return;
    try {
      await fromInvoices(ctx, provider, cause, signal);
      await fromHistory(ctx, provider, cause, signal);
      ctx.health.report('provider-invoices', { ok: true });
    } catch (error) {
      ctx.health.report('provider-invoices', { ok: false, detail: errorText(error) });
      throw error;
    }
    // This job and the one that copies lines in share a queue of one, so nobody is in the middle of a reading now.
    await forgetAbandonedLines(ctx.db);
  },
});

const fromInvoices = async (
  ctx: BillingContext,
  provider: DigitalOcean,
  cause: string,
  signal: AbortSignal,
): Promise<void> => {
  const pages = provider.billing.invoices.pages({ signal });
  for await (const { items } of pages) {
    const found = items.map(discoveredOf).filter((each) => each !== null);
    if (found.length < items.length)
      ctx.log.warn({ passedOver: items.length - found.length }, 'invoices without a month');
    await note(ctx, found, cause);
  }
  checkWhole('the list of invoices', pages.outcome());
};

const checkWhole = (what: string, { complete, reason, distinctCount, metaTotal }: ListingOutcome): void => {
  if (complete || reason === 'no-total') return;
  throw new Error(`${what} came incomplete (${reason}): ${distinctCount} of ${metaTotal}`);
};

/** The billing history reaches further back than some lists do: what only it names is fetched as well. */
const fromHistory = async (
  ctx: BillingContext,
  provider: DigitalOcean,
  cause: string,
  signal: AbortSignal,
): Promise<void> => {
  const pages = provider.billing.history.pages({ signal });
  for await (const { items } of pages) {
    const billed = items.map(discoveredInHistory).filter((each) => each !== null);
    const unknown = await unknownInvoices(
      ctx.db,
      billed.map(({ invoice_uuid }) => invoice_uuid),
    );
    await note(
      ctx,
      billed.filter(({ invoice_uuid }) => unknown.has(invoice_uuid)),
      cause,
    );
  }
  checkWhole('the billing history', pages.outcome());
};

const note = async (ctx: BillingContext, found: readonly DiscoveredInvoice[], cause: string): Promise<void> => {
  if (found.length === 0) return;
  const { name, currency } = ctx.config.provider;
  await ctx.transact(async (tx) => {
    const toFetch = await noteInvoices(tx.sql, found, { provider: name, currency, at: ctx.clock.now() });
    for (const invoice_uuid of toFetch)
      await tx.enqueue(ingestInvoiceJob, { invoice_uuid }, { cause: `discover:${cause}` });
  });
  await failpoint('billing.page-noted');
};

/** Null for an invoice whose month cannot be understood: one odd entry does not keep the others from being fetched. */
const discoveredOf = (header: InvoiceHeader): DiscoveredInvoice | null => {
  const period = periodText.safeParse(header.invoice_period);
  if (!period.success) return null;
  const { invoice_uuid, invoice_id, amount } = header;
  return { invoice_uuid, invoice_number: invoice_id ?? null, period: period.data, amount };
};

/** An invoice is dated the first of the month after the one it bills. */
const discoveredInHistory = (entry: BillingHistoryEntry): DiscoveredInvoice | null => {
  const dated = parseInstant(entry.date);
  if (entry.type !== 'Invoice' || !entry.invoice_uuid || !dated) return null;
  return {
    invoice_uuid: entry.invoice_uuid,
    invoice_number: entry.invoice_id ?? null,
    period: addMonths(periodOf(dated), -1),
    amount: entry.amount,
  };
};
