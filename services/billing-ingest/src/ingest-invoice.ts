import { type DigitalOcean, ProviderError } from '@arcadia/digitalocean';
import { job } from '@arcadia/platform';
import { z } from 'zod';
import { providerOf, type ReadItems, readItems } from './clients/provider.ts';
import type { Config } from './config.ts';
import type { BillingContext, BillingTx } from './context.ts';
import { minorOf, RunningMinor } from './domain/amount.ts';
import { CostLines, type Totals } from './domain/cost-line.ts';
import type { InvoiceLine } from './domain/invoice-line.ts';
import { reconcileTotals } from './domain/reconcile-totals.ts';
import { type CsvRead, importCsv, noCsv } from './import-csv.ts';
import { pushCostsJob } from './push-costs.ts';
import { refreshOperatorProjects } from './refresh-operator-projects.ts';
import { settleInvoice } from './settle-invoice.ts';
import { insertLines, newReading, removeReading } from './store/cost-lines.ts';
import { findInvoice, type InvoiceRow, lockInvoice, noteFaults, storeIngested } from './store/invoices.ts';
import type { Database } from './store/schema.ts';

const input = z.object({ invoice_uuid: z.string() });

/** Provider calls run one at a time over all replicas: the token is shared. A rate limit of an hour is outlived by retrying. */
export const providerQueue = {
  queue: 'billing',
  concurrency: 1,
  leaseMs: 60_000,
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

const batchLines = 2000;

const ingestInvoice = async (ctx: BillingContext, invoiceUuid: string, signal: AbortSignal): Promise<void> => {
  const invoice = await findInvoice(ctx.db, invoiceUuid);
  if (invoice === undefined) throw new Error(`invoice ${invoiceUuid} was never discovered`);
  const provider = providerOf(ctx);
  if (provider === null) return;
  const headerAmount = await readHeaderAmount(provider, invoice, signal);
  const items = await readItems(provider, invoiceUuid, signal);
  const isFromItems = items.faults.length === 0 && items.lines.length > 0;
  const csv = await fetchCsv(ctx, provider, { invoiceUuid, isKeepingLines: !isFromItems }, signal);
  await refreshOperatorProjects(ctx);
  try {
    await ctx.transact(async (tx) => {
      const locked = await lockInvoice(tx.sql, invoiceUuid);
      if (locked === undefined) return;
      const header = { ...locked, header_amount: headerAmount };
      await replaceInvoice(tx, ctx.clock.now(), header, { items, isFromItems, csv });
    });
  } catch (error) {
    if (csv.reading_id !== null) await removeReading(ctx.db, csv.reading_id);
    throw error;
  }
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

type Received = { items: ReadItems; isFromItems: boolean; csv: CsvRead };

/** Puts what was received in place of what was stored, then matches, allocates and says it. */
const replaceInvoice = async (
  tx: BillingTx,
  now: Temporal.Instant,
  invoice: InvoiceRow,
  { items, isFromItems, csv }: Received,
): Promise<void> => {
  const { invoice_uuid, header_amount } = invoice;
  const faults = [...items.faults, ...csv.faults];
  const header_minor = minorOf(header_amount, invoice.currency);
  const currency = csv.currency ?? invoice.currency;
  const stored = isFromItems ? await storeItems(tx, items.lines, currency) : csv;
  if (stored.totals === null || stored.reading_id === null) {
    // Nothing can be read. What an earlier reading stored stands; a first one leaves the invoice refused.
    await noteFaults(tx.sql, invoice_uuid, { faults, header_amount, header_minor, evidence_id: csv.evidence_id });
    return;
  }
  const compared = {
    header_minor,
    csv_minor: csv.minor,
    items_minor: items.faults.length > 0 ? null : sumOf(items.lines, currency),
  };
  const { lines, net_minor, tax_minor } = stored.totals;
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
      reading_id: stored.reading_id,
    },
    now,
  );
  if (invoice.reading_id !== null) await removeReading(tx.sql, invoice.reading_id);
  await settleInvoice(tx, { ...invoice, reading_id: stored.reading_id }, now);
  await tx.enqueue(pushCostsJob, { invoice_uuid }, { cause: `ingest:${invoice.ingest_count + 1}` });
};

const sumOf = (lines: readonly InvoiceLine[], currency: string): number => {
  const running = new RunningMinor(currency);
  for (const { amount } of lines) running.add(amount);
  return running.total;
};

const storeItems = async (
  tx: BillingTx,
  lines: readonly InvoiceLine[],
  currency: string,
): Promise<{ totals: Totals; reading_id: string }> => {
  const reading_id = await newReading(tx.sql);
  const costLines = new CostLines(currency);
  for (let from = 0; from < lines.length; from += batchLines) {
    const batch = lines.slice(from, from + batchLines).map((line) => costLines.take(line));
    await insertLines(tx.sql, reading_id, batch);
  }
  return { totals: costLines.totals, reading_id };
};
