import type { Context } from '../context.ts';
import type { Totals } from '../domain/cost-lines/cost-line.ts';
import { readInvoiceCsv } from '../domain/invoices/invoice-csv.ts';
import { type FileFault, FileRejected } from '../domain/invoices/invoice-line.ts';
import { storeEvidence } from '../store/invoices/evidence.ts';
import { storeLines } from './store-lines.ts';

export type CsvRead = {
  /** Null: the provider had no CSV. */
  evidence_id: string | null;
  /** The total of the file in minor units; null if it was rejected. */
  minor: number | null;
  currency: string | null;
  totals: Totals | null;
  /** The reading under which its lines are stored; null if they were not wanted, or the file was rejected. */
  reading_id: string | null;
  faults: readonly FileFault[];
};

export const noCsv: CsvRead = {
  evidence_id: null,
  minor: null,
  currency: null,
  totals: null,
  reading_id: null,
  faults: [{ line: 0, column: null, problem: 'the provider has no CSV for this invoice' }],
};

/**
 * Reads the CSV of an invoice in one pass while it is received: stores the file as evidence, adds it up and, if its lines
 * are wanted, stores them under a new reading. A rejected file is kept as evidence too, but none of its lines is.
 */
export async function importCsv(
  ctx: Context,
  file: { invoiceUuid: string; body: AsyncIterable<Uint8Array>; isStoringLines: boolean },
): Promise<CsvRead> {
  const evidence = await storeEvidence(ctx.db, { ...file, mediaType: 'text/csv', receivedAt: ctx.clock.now() });
  const { batches, currency } = readInvoiceCsv(evidence.chunks, ctx.config.provider.currency);
  try {
    const { sum, reading_id } = await storeLines(ctx, {
      ...{ batches, currency },
      isStored: file.isStoringLines,
      hasProviderIds: false,
    });
    const { totals, grossMinor } = sum;
    const evidence_id = await evidence.finish(totals.lines);
    return { evidence_id, minor: grossMinor, currency: currency(), totals, reading_id, faults: [] };
  } catch (error) {
    if (!(error instanceof FileRejected)) throw error;
    return { ...noCsv, evidence_id: await evidence.finish(null), faults: error.faults };
  }
}
