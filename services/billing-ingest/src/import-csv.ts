import type { BillingContext } from './context.ts';
import { type CostLine, CostLines, type Totals } from './domain/cost-line.ts';
import { readInvoiceCsv } from './domain/invoice-csv.ts';
import { type FileFault, FileRefused } from './domain/invoice-line.ts';
import { copyLines } from './store/copy-lines.ts';
import { newReading, removeReading } from './store/cost-lines.ts';
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
  const csv = readInvoiceCsv(evidence.chunks);
  const reading_id = file.isKeepingLines ? await newReading(ctx.db) : null;
  let read: CostLines | null = null;
  async function* costLines(): AsyncGenerator<CostLine[]> {
    for await (const batch of csv.batches) {
      read ??= new CostLines(csv.currency());
      const taking = read;
      yield batch.map((line) => taking.take(line));
    }
  }
  try {
    if (reading_id === null) for await (const _ of costLines());
    else await copyLines(ctx, reading_id, costLines());
  } catch (error) {
    if (reading_id !== null) await removeReading(ctx.db, reading_id);
    if (!(error instanceof FileRefused)) throw error;
    return { ...noCsv, evidence_id: await evidence.finish(null), faults: error.faults };
  }
  const { totals, grossMinor } = read ?? new CostLines(csv.currency());
  return {
    evidence_id: await evidence.finish(totals.lines),
    minor: grossMinor,
    currency: csv.currency(),
    totals,
    reading_id,
    faults: [],
  };
};
