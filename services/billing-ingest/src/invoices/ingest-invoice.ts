import { type DigitalOcean, ProviderError } from '@arcadia/digitalocean';
import { failpoint, type JobRun } from '@arcadia/platform';
import { providerOf, readItems } from '../clients/provider.ts';
import type { Context, Tx } from '../context.ts';
import { minorOf } from '../domain/amount.ts';
import type { Totals } from '../domain/cost-lines/cost-line.ts';
import type { AddedLine } from '../domain/invoices/explain-difference.ts';
import type { FileFault } from '../domain/invoices/invoice-line.ts';
import { reconcileTotals } from '../domain/invoices/reconcile-totals.ts';
import { refreshProjects } from '../resources/refresh-projects.ts';
import { analyzeLines, checkReading, deleteReading } from '../store/cost-lines/cost-lines.ts';
import { findAcceptance } from '../store/invoices/acceptances.ts';
import { findInvoice, type InvoiceRow, lockInvoice, storeIngested, writeFaults } from '../store/invoices/invoices.ts';
import { acceptedLines, addLines } from './add-lines.ts';
import { enqueueForInvoices } from './enqueue-for-invoices.ts';
import { type CsvRead, importCsv, noCsv } from './import-csv.ts';
import { type Publishing, publishInvoice, publishingOf } from './publish-invoice.ts';
import { explainHeader, readHeader } from './read-header.ts';
import { settleInvoice } from './settle-invoice.ts';
import { storeLines } from './store-lines.ts';

/**
 * Fetches one invoice completely: its header, its CSV as evidence, its items. Ingesting it again replaces all of its lines
 * together.
 */
export async function ingestInvoice(
  { input, signal, progress }: JobRun<{ invoice_uuid: string }>,
  ctx: Context,
): Promise<void> {
  const { invoice_uuid } = input;
  const invoice = await findInvoice(ctx.db, invoice_uuid);
  if (invoice === undefined) throw new Error(`cannot ingest invoice ${invoice_uuid}: it was never discovered`);
  const provider = providerOf(ctx);
  if (provider === null) return;
  const header = await readHeader(provider, invoice, signal);
  const items = await fetchItems(ctx, provider, { invoice, progress }, signal);
  let csv = noCsv;
  try {
    csv = await fetchCsv(
      ctx,
      provider,
      { invoiceUuid: invoice_uuid, isStoringLines: items.reading_id === null },
      signal,
    );
    const totals = items.reading_id === null ? comparable(csv, invoice) : items.totals;
    const explained = await explainHeader(provider, { invoice, header, totals }, signal);
    await refreshProjects(ctx);
    await failpoint('billing.read');
    await ctx.transact(async (tx) => {
      const locked = await lockInvoice(tx.sql, invoice_uuid);
      const current = locked === undefined ? undefined : { ...locked, header_amount: header.amount };
      if (current !== undefined) await replaceInvoice(tx, publishingOf(ctx), current, { items, csv, explained });
      await failpoint('billing.before-commit');
    });
  } catch (error) {
    for (const { reading_id } of [items, csv]) await deleteReading(ctx.db, reading_id).catch(() => undefined);
    throw error;
  }
  await analyzeLines(ctx.db);
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
  { invoice, progress }: { invoice: InvoiceRow; progress: JobRun<unknown>['progress'] },
  signal: AbortSignal,
): Promise<ItemsRead> {
  const { batches, faults } = readItems(provider, invoice.invoice_uuid, signal, progress);
  const { sum, reading_id } = await storeLines(ctx, {
    ...{ batches, currency: () => invoice.currency },
    isStored: true,
    hasProviderIds: true,
  });
  const { totals, grossMinor } = sum;
  if (faults.length === 0 && totals.lines > 0) return { minor: grossMinor, totals, reading_id, faults };
  await deleteReading(ctx.db, reading_id);
  return { minor: faults.length === 0 ? grossMinor : null, totals, reading_id: null, faults };
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

/** The sums of a CSV; null if it has none in the currency of the account. */
const comparable = (csv: CsvRead, invoice: InvoiceRow): Totals | null =>
  csv.currency === null || csv.currency === invoice.currency ? csv.totals : null;

type Received = { items: ItemsRead; csv: CsvRead; explained: readonly AddedLine[] };

/** Replaces the stored invoice by the received one, then matches, allocates and publishes it. */
async function replaceInvoice(
  tx: Tx,
  publishing: Publishing,
  invoice: InvoiceRow,
  { items, csv, explained }: Received,
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
    await publishInvoice(tx, invoice_uuid, publishing);
    return;
  }
  await checkReading(tx.sql, reading_id, totals);
  const compared = { header_minor, csv_minor: isComparable ? csv.minor : null, items_minor: items.minor };
  const explained_minor = explained.reduce((sum, { amount_minor }) => sum + amount_minor, 0);
  const outcome = reconcileTotals(compared, explained_minor);
  const reading = { readingId: reading_id, currency };
  const read = await addLines(tx, { ...reading, sums: totals }, explained);
  const acceptance = outcome.status === 'reconciled' ? undefined : await findAcceptance(tx.sql, invoice_uuid, compared);
  const accepted = acceptance === undefined ? [] : acceptedLines(header_minor, read, acceptance.reason);
  const sums = await addLines(tx, { ...reading, sums: read }, accepted);
  await storeIngested(
    tx.sql,
    {
      invoice_uuid,
      header_amount,
      currency,
      ...compared,
      ...outcome,
      status: acceptance === undefined ? outcome.status : 'accepted',
      explained_minor,
      // A CSV in another currency than the account has no amount in common with the header.
      unexplained_minor: isFromItems || isComparable ? header_minor - sums.net_minor - sums.tax_minor : 0,
      amount_net_minor: sums.net_minor,
      amount_tax_minor: sums.tax_minor,
      amount_gross_minor: sums.net_minor + sums.tax_minor,
      lines: sums.lines,
      faults,
      evidence_id: csv.evidence_id,
      reading_id,
    },
    publishing.now,
  );
  if (invoice.reading_id !== null) await deleteReading(tx.sql, invoice.reading_id);
  await settleInvoice(tx, { ...invoice, reading_id }, publishing);
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
