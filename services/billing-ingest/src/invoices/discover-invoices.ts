import { addMonths, periodOf, periodText } from '@arcadia/contracts';
import type { BillingHistoryEntry, DigitalOcean, InvoiceHeader, ListingOutcome } from '@arcadia/digitalocean';
import { errorText, failpoint, type JobRun } from '@arcadia/platform';
import { providerOf } from '../clients/provider.ts';
import type { Context } from '../context.ts';
import { parseInstant } from '../domain/cost-lines/line-times.ts';
import { refreshProjects } from '../resources/refresh-projects.ts';
import {
  type DiscoveredInvoice,
  deleteAbandonedLines,
  unknownInvoices,
  upsertInvoices,
} from '../store/invoices/invoices.ts';
import { enqueueForInvoices } from './enqueue-for-invoices.ts';

/**
 * Finds invoices that are new, unreconciled or have another amount than before, and enqueues fetching each, newest first.
 * Each page is stored at once, so nothing is lost when the provider fails in the middle of the list.
 */
export async function discoverInvoices({ cause, signal }: JobRun<object>, ctx: Context): Promise<void> {
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
  // This job shares a queue of concurrency one with the job that stores lines, so no reading is in progress now.
  await deleteAbandonedLines(ctx.db);
  await refreshProjects(ctx);
}

async function fromInvoices(ctx: Context, provider: DigitalOcean, cause: string, signal: AbortSignal): Promise<void> {
  const pages = provider.billing.invoices.pages({ signal });
  for await (const { items } of pages) {
    const found = items.map(discoveredOf).filter((each) => each !== null);
    if (found.length < items.length)
      ctx.log.warn({ skipped: items.length - found.length }, 'skipped provider invoices without a readable month');
    await storeFound(ctx, found, cause);
  }
  checkComplete('list of invoices', pages.outcome());
}

function checkComplete(list: string, { complete, reason, distinctCount, metaTotal }: ListingOutcome): void {
  if (complete || reason === 'no-total') return;
  throw new Error(`the provider gave an incomplete ${list} (${reason}): ${distinctCount} of ${metaTotal} entries`);
}

/** The billing history reaches further back than the list of invoices: invoices that only it names are fetched too. */
async function fromHistory(ctx: Context, provider: DigitalOcean, cause: string, signal: AbortSignal): Promise<void> {
  const pages = provider.billing.history.pages({ signal });
  for await (const { items } of pages) {
    const billed = items.map(discoveredInHistory).filter((each) => each !== null);
    const unknown = await unknownInvoices(
      ctx.db,
      billed.map(({ invoice_uuid }) => invoice_uuid),
    );
    await storeFound(
      ctx,
      billed.filter(({ invoice_uuid }) => unknown.has(invoice_uuid)),
      cause,
    );
  }
  checkComplete('billing history', pages.outcome());
}

async function storeFound(ctx: Context, found: readonly DiscoveredInvoice[], cause: string): Promise<void> {
  if (found.length === 0) return;
  const { name, currency } = ctx.config.provider;
  await ctx.transact(async (tx) => {
    const toFetch = await upsertInvoices(tx.sql, found, { provider: name, currency, at: ctx.clock.now() });
    await enqueueForInvoices(tx, 'ingest-invoice', { invoiceUuids: toFetch, cause: `discover:${cause}` });
  });
  await failpoint('billing.page-noted');
}

/** Null for an invoice without a readable month, so that one odd entry does not keep the others from being fetched. */
function discoveredOf(header: InvoiceHeader): DiscoveredInvoice | null {
  const period = periodText.safeParse(header.invoice_period);
  if (!period.success) return null;
  const { invoice_uuid, invoice_id, amount } = header;
  return { invoice_uuid, invoice_number: invoice_id ?? null, period: period.data, amount };
}

/** The provider dates an invoice on the first day of the month after the billed one. */
function discoveredInHistory(entry: BillingHistoryEntry): DiscoveredInvoice | null {
  const dated = parseInstant(entry.date);
  if (entry.type !== 'Invoice' || !entry.invoice_uuid || !dated) return null;
  return {
    invoice_uuid: entry.invoice_uuid,
    invoice_number: entry.invoice_id ?? null,
    period: addMonths(periodOf(dated), -1),
    amount: entry.amount,
  };
}
