import { type DigitalOcean, ProviderError } from '@arcadia/digitalocean';
import { failpoint, job } from '@arcadia/platform';
import { z } from 'zod';
import { providerOf, readItems } from './clients/provider.ts';
import type { Config } from './config.ts';
import type { BillingContext, BillingTx } from './context.ts';
import { minorOf } from './domain/amount.ts';
import type { Totals } from './domain/cost-line.ts';
import type { FileFault } from './domain/invoice-line.ts';
import { reconcileTotals } from './domain/reconcile-totals.ts';
import { type CsvRead, importCsv, noCsv } from './import-csv.ts';
import { keepLines } from './keep-lines.ts';
import { pushCostsJob } from './push-costs.ts';
import { refreshOperatorProjects } from './refresh-operator-projects.ts';
import { settleInvoice } from './settle-invoice.ts';
import { checkReading, forgetReading } from './store/cost-lines.ts';
import { findInvoice, type InvoiceRow, lockInvoice, noteFaults, storeIngested } from './store/invoices.ts';
import type { Database } from './store/schema.ts';

const input = z.object({ invoice_uuid: z.string() });

/** Provider calls run one at a time over all replicas: the token is shared. A rate limit of an hour is outlived by retrying. */
export const providerQueue = {
  queue: 'billing',
  concurrency: 1,
  maxAttempts: 40,
  retryDelayMs: (attempt: number) => Math.min(1000 * 2 ** Math.min(attempt, 12), 600_000),
} as const;

/** Fetches one invoice whole: its header, its CSV as evidence, its items. Doing it again replaces the lines as a set. */
export const ingestInvoiceJob = job<typeof input, Database, Config>({
  ...providerQueue,
  name: 'ingest-invoice',
  input,
  key: ({ invoice_uuid }) => invoice_uuid,
  run: async ({ input: { invoice_uuid }, signal }, ctx) => ingestInvoice(ctx, invoice_uuid, signal),
});

const ingestInvoice = async (ctx: BillingContext, invoiceUuid: string, signal: AbortSignal): Promise<void> => {
  const invoice = await findInvoice(ctx.db, invoiceUuid);
  if (invoice === undefined) throw new Error(`invoice ${invoiceUuid} was never discovered`);
  const provider = providerOf(ctx);
  if (provider === null) return;
  const header_amount = await readHeaderAmount(provider, invoice, signal);
  const items = await fetchItems(ctx, provider, invoice, signal);
  let csv = noCsv;
  try {
    csv = await fetchCsv(ctx, provider, { invoiceUuid, isKeepingLines: items.reading_id === null }, signal);
    await refreshOperatorProjects(ctx);
    await failpoint('billing.read');
    await ctx.transact(async (tx) => {
      const locked = await lockInvoice(tx.sql, invoiceUuid);
      if (locked !== undefined) await replaceInvoice(tx, ctx.clock.now(), { ...locked, header_amount }, { items, csv });
      await failpoint('billing.before-commit');
    });
  } catch (error) {
    for (const { reading_id } of [items, csv]) await forgetReading(ctx.db, reading_id).catch(() => undefined);
    throw error;
  }
};

type ItemsRead = {
  /** What they come to; null when they cannot be used. */
  minor: number | null;
  totals: Totals;
  /** The reading that their lines are stored under; null when there are none, or they cannot be used. */
  reading_id: string | null;
  faults: readonly FileFault[];
};

const fetchItems = async (
  ctx: BillingContext,
  provider: DigitalOcean,
  invoice: InvoiceRow,
  signal: AbortSignal,
): Promise<ItemsRead> => {
  const { batches, faults } = readItems(provider, invoice.invoice_uuid, signal);
  const { read, reading_id } = await keepLines(ctx, { batches, currency: () => invoice.currency, isKept: true });
  const { totals, grossMinor } = read;
  if (faults.length === 0 && totals.lines > 0) return { minor: grossMinor, totals, reading_id, faults };
  await forgetReading(ctx.db, reading_id);
  return { minor: faults.length === 0 ? grossMinor : null, totals, reading_id: null, faults };
};

/** The amount as the list told it; one that was ingested before may have changed since, so it is asked for again. */
const readHeaderAmount = async (provider: DigitalOcean, invoice: InvoiceRow, signal: AbortSignal): Promise<string> => {
  if (invoice.ingest_count === 0) return invoice.header_amount;
  try {
    return (await provider.billing.invoices.summary(invoice.invoice_uuid, signal)).amount;
  } catch (error) {
    if (error instanceof ProviderError && error.status === 404) return invoice.header_amount;
    throw error;
  }
};

const fetchCsv = async (
  ctx: BillingContext,
  provider: DigitalOcean,
  wanted: { invoiceUuid: string; isKeepingLines: boolean },
  signal: AbortSignal,
): Promise<CsvRead> => {
  let body: AsyncIterable<Uint8Array>;
  try {
    ({ body } = await provider.billing.invoices.csv(wanted.invoiceUuid, signal));
  } catch (error) {
    if (error instanceof ProviderError && error.status === 404) return noCsv;
    throw error;
  }
  return importCsv(ctx, { ...wanted, body });
};

type Received = { items: ItemsRead; csv: CsvRead };

/** Puts what was received in place of what was stored, then matches, allocates and says it. */
const replaceInvoice = async (
  tx: BillingTx,
  now: Temporal.Instant,
  invoice: InvoiceRow,
  { items, csv }: Received,
): Promise<void> => {
  const { invoice_uuid, header_amount } = invoice;
  const isFromItems = items.reading_id !== null;
  const currency = isFromItems ? invoice.currency : (csv.currency ?? invoice.currency);
  const isComparable = csv.currency === null || csv.currency === invoice.currency;
  const faults = [...items.faults, ...csv.faults, ...(isComparable ? [] : [otherCurrency(csv.currency)])];
  const header_minor = minorOf(header_amount, invoice.currency);
  const { totals, reading_id } = isFromItems ? items : csv;
  if (totals === null || reading_id === null) {
    // Nothing can be read. What an earlier reading stored stands; a first one leaves the invoice refused.
    await noteFaults(tx.sql, invoice_uuid, { faults, header_amount, header_minor, evidence_id: csv.evidence_id });
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
  if (invoice.reading_id !== null) await forgetReading(tx.sql, invoice.reading_id);
  await settleInvoice(tx, { ...invoice, reading_id }, now);
  await tx.enqueue(pushCostsJob, { invoice_uuid }, { cause: `ingest:${invoice.ingest_count + 1}` });
};

const otherCurrency = (currency: string | null): FileFault => ({
  line: 1,
  column: 'amount',
  problem: `the CSV is in ${currency}, which the account is not billed in`,
});
