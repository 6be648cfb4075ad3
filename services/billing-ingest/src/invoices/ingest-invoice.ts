import { type DigitalOcean, ProviderError } from '@arcadia/digitalocean';
import { failpoint, type JobRun } from '@arcadia/platform';
import { providerOf, readItems } from '../clients/provider.ts';
import type { Context, Tx } from '../context.ts';
import { minorOf } from '../domain/amount.ts';
import type { Totals } from '../domain/cost-lines/cost-line.ts';
import type { FileFault } from '../domain/invoices/invoice-line.ts';
import { reconcileTotals } from '../domain/invoices/reconcile-totals.ts';
import { refreshOperatorProjects } from '../resources/refresh-operator-projects.ts';
import { checkReading, deleteReading } from '../store/cost-lines/cost-lines.ts';
import { findInvoice, type InvoiceRow, lockInvoice, storeIngested, writeFaults } from '../store/invoices/invoices.ts';
import { enqueueForInvoices } from './enqueue-for-invoices.ts';
import { type CsvRead, importCsv, noCsv } from './import-csv.ts';
import { settleInvoice } from './settle-invoice.ts';
import { storeLines } from './store-lines.ts';

/**
 * Fetches one invoice completely: its header, its CSV as evidence, its items. Ingesting it again replaces all of its lines
 * together.
 */
export async function ingestInvoice({ input, signal }: JobRun<{ invoice_uuid: string }>, ctx: Context): Promise<void> {
  const { invoice_uuid } = input;
  const invoice = await findInvoice(ctx.db, invoice_uuid);
  if (invoice === undefined) throw new Error(`cannot ingest invoice ${invoice_uuid}: it was never discovered`);
  const provider = providerOf(ctx);
  if (provider === null) return;
  const header_amount = await readHeaderAmount(provider, invoice, signal);
  const items = await fetchItems(ctx, provider, invoice, signal);
  let csv = noCsv;
  try {
    csv = await fetchCsv(
      ctx,
      provider,
      { invoiceUuid: invoice_uuid, isStoringLines: items.reading_id === null },
      signal,
    );
    await refreshOperatorProjects(ctx);
    await failpoint('billing.read');
    await ctx.transact(async (tx) => {
      const locked = await lockInvoice(tx.sql, invoice_uuid);
      if (locked !== undefined) await replaceInvoice(tx, ctx.clock.now(), { ...locked, header_amount }, { items, csv });
      await failpoint('billing.before-commit');
    });
  } catch (error) {
    for (const { reading_id } of [items, csv]) await deleteReading(ctx.db, reading_id).catch(() => undefined);
    throw error;
  }
}

type ItemsRead = {
  /** Their total in minor units; null if they cannot be used. */
  minor: number | null;
  totals: Totals;
  /** The reading under which their lines are stored; null if there are none, or they cannot be used. */
  reading_id: string | null;
  faults: readonly FileFault[];
};

async function fetchItems(
  ctx: Context,
  provider: DigitalOcean,
  invoice: InvoiceRow,
  signal: AbortSignal,
): Promise<ItemsRead> {
  const { batches, faults } = readItems(provider, invoice.invoice_uuid, signal);
  const { sum, reading_id } = await storeLines(ctx, { batches, currency: () => invoice.currency, isStored: true });
  const { totals, grossMinor } = sum;
  if (faults.length === 0 && totals.lines > 0) return { minor: grossMinor, totals, reading_id, faults };
  await deleteReading(ctx.db, reading_id);
  return { minor: faults.length === 0 ? grossMinor : null, totals, reading_id: null, faults };
}

/** The amount from the list of invoices; for an invoice that was ingested before, the current one from the provider. */
async function readHeaderAmount(provider: DigitalOcean, invoice: InvoiceRow, signal: AbortSignal): Promise<string> {
  if (invoice.ingest_count === 0) return invoice.header_amount;
  try {
    return (await provider.billing.invoices.summary(invoice.invoice_uuid, signal)).amount;
  } catch (error) {
    if (error instanceof ProviderError && error.status === 404) return invoice.header_amount;
    throw error;
  }
}

async function fetchCsv(
  ctx: Context,
  provider: DigitalOcean,
  request: { invoiceUuid: string; isStoringLines: boolean },
  signal: AbortSignal,
): Promise<CsvRead> {
  let body: AsyncIterable<Uint8Array>;
  try {
    ({ body } = await provider.billing.invoices.csv(request.invoiceUuid, signal));
  } catch (error) {
    if (error instanceof ProviderError && error.status === 404) return noCsv;
    throw error;
  }
  return importCsv(ctx, { ...request, body });
}

type Received = { items: ItemsRead; csv: CsvRead };

/** Replaces the stored invoice by the received one, then matches, allocates and publishes it. */
async function replaceInvoice(
  tx: Tx,
  now: Temporal.Instant,
  invoice: InvoiceRow,
  { items, csv }: Received,
): Promise<void> {
  const { invoice_uuid, header_amount } = invoice;
  const isFromItems = items.reading_id !== null;
  const currency = isFromItems ? invoice.currency : (csv.currency ?? invoice.currency);
  const isComparable = csv.currency === null || csv.currency === invoice.currency;
  const faults = [...items.faults, ...csv.faults, ...(isComparable ? [] : [otherCurrency(csv.currency)])];
  const header_minor = minorOf(header_amount, invoice.currency);
  const { totals, reading_id } = isFromItems ? items : csv;
  if (totals === null || reading_id === null) {
    // Neither form can be read. The lines of an earlier reading stay; without one the invoice becomes refused.
    await writeFaults(tx.sql, invoice_uuid, { faults, header_amount, header_minor, evidence_id: csv.evidence_id });
    return;
  }
  await checkReading(tx.sql, reading_id, totals);
  const compared = { header_minor, csv_minor: isComparable ? csv.minor : null, items_minor: items.minor };
  const { lines, net_minor, tax_minor } = totals;
  await storeIngested(
    tx.sql,
    {
      invoice_uuid,
      header_amount,
      currency,
      ...compared,
      ...reconcileTotals(compared),
      amount_net_minor: net_minor,
      amount_tax_minor: tax_minor,
      amount_gross_minor: net_minor + tax_minor,
      lines,
      faults,
      evidence_id: csv.evidence_id,
      reading_id,
    },
    now,
  );
  if (invoice.reading_id !== null) await deleteReading(tx.sql, invoice.reading_id);
  await settleInvoice(tx, { ...invoice, reading_id }, now);
  await enqueueForInvoices(tx, 'push-costs', {
    invoiceUuids: [invoice_uuid],
    cause: `ingest:${invoice.ingest_count + 1}`,
  });
}

const otherCurrency = (currency: string | null): FileFault => ({
  line: 1,
  column: 'amount',
  problem: `the CSV is in ${currency}, but the account is billed in another currency`,
});
