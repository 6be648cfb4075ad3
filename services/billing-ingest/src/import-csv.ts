import type { BillingContext } from './context.ts';
import type { Totals } from './domain/cost-line.ts';
import { readInvoiceCsv } from './domain/invoice-csv.ts';
import { type FileFault, FileRefused } from './domain/invoice-line.ts';
import { keepLines } from './keep-lines.ts';
import { keepEvidence } from './store/evidence.ts';

export type CsvRead = {
  /** Null: there was no file. */
  evidence_id: string | null;
  /** What the file comes to; null when it was refused. */
  minor: number | null;
  currency: string | null;
  totals: Totals | null;
  /** The reading that its lines are stored under; null when they were not wanted, or refused. */
  reading_id: string | null;
  faults: readonly FileFault[];
};

export const noCsv: CsvRead = {
  evidence_id: null,
  minor: null,
  currency: null,
  totals: null,
  reading_id: null,
  faults: [{ line: 0, column: null, problem: 'there is no CSV' }],
};

/**
 * Takes the CSV of an invoice as it comes, in one pass: keeps it as evidence, adds it up, and where its lines are wanted
 * stores them under a reading of their own. A file that is refused is evidence all the same, and leaves no line.
 */
export const importCsv = async (
  ctx: BillingContext,
  file: { invoiceUuid: string; body: AsyncIterable<Uint8Array>; isKeepingLines: boolean },
): Promise<CsvRead> => {
  const evidence = await keepEvidence(ctx.db, { ...file, mediaType: 'text/csv', receivedAt: ctx.clock.now() });
  const { batches, currency } = readInvoiceCsv(evidence.chunks, ctx.config.provider.currency);
  try {
    const { read, reading_id } = await keepLines(ctx, { batches, currency, isKept: file.isKeepingLines });
    const { totals, grossMinor } = read;
    const evidence_id = await evidence.finish(totals.lines);
    return { evidence_id, minor: grossMinor, currency: currency(), totals, reading_id, faults: [] };
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    return { ...noCsv, evidence_id: await evidence.finish(null), faults: error.faults };
  }
};
