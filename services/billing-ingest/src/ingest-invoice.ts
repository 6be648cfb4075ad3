import { type DigitalOcean, ProviderError } from '@arcadia/digitalocean';
import { job } from '@arcadia/platform';
import { sql } from 'kysely';
import { z } from 'zod';
import { providerOf, type ReadItems, readItems } from './clients/provider.ts';
import type { Config } from './config.ts';
import type { BillingContext, BillingTx } from './context.ts';
import { minorOf, RunningMinor } from './domain/amount.ts';
import { CostLines, type Totals } from './domain/cost-line.ts';
import { readInvoiceCsv } from './domain/invoice-csv.ts';
import { type FileFault, FileRefused, type InvoiceLine } from './domain/invoice-line.ts';
import { reconcileTotals } from './domain/reconcile-totals.ts';
import { pushCostsJob } from './push-costs.ts';
import { refreshOperatorProjects } from './refresh-operator-projects.ts';
import { settleInvoice } from './settle-invoice.ts';
import { insertLines, removeLines } from './store/cost-lines.ts';
import { keepEvidence, noteEvidenceLines, readEvidence } from './store/evidence.ts';
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
  const headerAmount = await readHeaderAmount(provider, invoice, signal);
  const items = await readItems(provider, invoiceUuid, signal);
  const evidenceId = await fetchCsv(ctx, provider, invoiceUuid, signal);
  await refreshOperatorProjects(ctx);
  await ctx.transact(async (tx) => {
    const locked = await lockInvoice(tx.sql, invoiceUuid);
    if (locked !== undefined)
      await replaceInvoice(tx, ctx, { ...locked, header_amount: headerAmount }, { items, evidenceId });
  });
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
  invoiceUuid: string,
  signal: AbortSignal,
): Promise<string | null> => {
  try {
    const { body } = await provider.billing.invoices.csv(invoiceUuid, signal);
    return await keepEvidence(ctx.db, { invoiceUuid, mediaType: 'text/csv', receivedAt: ctx.clock.now(), body });
  } catch (error) {
    if (error instanceof ProviderError && error.status === 404) return null;
    throw error;
  }
};

type Received = { items: ReadItems; evidenceId: string | null };

/** Puts what was received in place of what was stored, then matches, allocates and says it. */
const replaceInvoice = async (
  tx: BillingTx,
  ctx: BillingContext,
  invoice: InvoiceRow,
  received: Received,
): Promise<void> => {
  const now = ctx.clock.now();
  const isFromItems = received.items.faults.length === 0 && received.items.lines.length > 0;
  const csv = await readCsv(tx, invoice, { evidenceId: received.evidenceId, isKeepingLines: !isFromItems });
  const itemFaults = received.items.faults;
  const faults = [...itemFaults, ...csv.faults];
  const header_minor = minorOf(invoice.header_amount, invoice.currency);
  if (!isFromItems && csv.totals === null) {
    // Nothing can be read. What an earlier reading stored stands; a first one leaves the invoice refused.
    await noteFaults(tx.sql, invoice.invoice_uuid, {
      faults,
      header_amount: invoice.header_amount,
      header_minor,
      evidence_id: received.evidenceId,
    });
    return;
  }
  const currency = csv.currency ?? invoice.currency;
  if (isFromItems) await removeLines(tx.sql, invoice.invoice_uuid);
  const kept = isFromItems ? await keepItems(tx, { ...invoice, currency }, received.items.lines) : csv.totals;
  const totals = kept ?? { lines: 0, net_minor: 0, tax_minor: 0 };
  const items_minor = itemFaults.length > 0 ? null : sumOf(received.items.lines, currency);
  const compared = { header_minor, csv_minor: csv.minor, items_minor };
  await storeIngested(
    tx.sql,
    {
      invoice_uuid: invoice.invoice_uuid,
      header_amount: invoice.header_amount,
      currency,
      ...compared,
      ...reconcileTotals(compared),
      amount_net_minor: totals.net_minor,
      amount_tax_minor: totals.tax_minor,
      amount_gross_minor: totals.net_minor + totals.tax_minor,
      lines: totals.lines,
      faults,
      evidence_id: received.evidenceId,
    },
    now,
  );
  await settleInvoice(tx, invoice, now);
  await tx.enqueue(
    pushCostsJob,
    { invoice_uuid: invoice.invoice_uuid },
    { cause: `ingest:${invoice.ingest_count + 1}` },
  );
};

const sumOf = (lines: readonly InvoiceLine[], currency: string): number => {
  const running = new RunningMinor(currency);
  for (const { amount } of lines) running.add(amount);
  return running.total;
};

const keepItems = async (tx: BillingTx, invoice: InvoiceRow, lines: readonly InvoiceLine[]): Promise<Totals> => {
  const costLines = new CostLines(invoice.currency);
  for (let from = 0; from < lines.length; from += batchLines) {
    const batch = lines.slice(from, from + batchLines).map((line) => costLines.take(line));
    await insertLines(tx.sql, invoice, batch);
  }
  return costLines.totals;
};

type CsvRead = { minor: number | null; currency: string | null; totals: Totals | null; faults: readonly FileFault[] };

const unread: CsvRead = {
  minor: null,
  currency: null,
  totals: null,
  faults: [{ line: 0, column: null, problem: 'there is no CSV' }],
};

/**
 * Reads the CSV that was received. Where the items cannot be used its lines become the invoice's; a file that is refused
 * half-way leaves the lines that were there before.
 */
export const readCsv = async (
  tx: BillingTx,
  invoice: InvoiceRow,
  how: { evidenceId: string | null; isKeepingLines: boolean },
): Promise<CsvRead> => {
  if (how.evidenceId === null) return unread;
  const csv = readInvoiceCsv(readEvidence(tx.sql, how.evidenceId));
  await sql`SAVEPOINT before_csv`.execute(tx.sql);
  try {
    if (how.isKeepingLines) await removeLines(tx.sql, invoice.invoice_uuid);
    let costLines: CostLines | null = null;
    for await (const batch of csv.batches) {
      costLines ??= new CostLines(csv.currency());
      const taken = costLines;
      const lines = batch.map((line) => taken.take(line));
      if (how.isKeepingLines) await insertLines(tx.sql, invoice, lines);
    }
    const read = costLines ?? new CostLines(csv.currency());
    await noteEvidenceLines(tx.sql, how.evidenceId, read.totals.lines);
    return { minor: read.grossMinor, currency: csv.currency(), totals: read.totals, faults: [] };
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    await sql`ROLLBACK TO SAVEPOINT before_csv`.execute(tx.sql);
    await noteEvidenceLines(tx.sql, how.evidenceId, null);
    return { ...unread, faults: error.faults };
  }
};
