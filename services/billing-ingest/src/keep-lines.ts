import { setImmediate as otherWork } from 'node:timers/promises';
import type { BillingContext } from './context.ts';
import { type CostLine, CostLines } from './domain/cost-line.ts';
import type { InvoiceLine } from './domain/invoice-line.ts';
import { copyLines } from './store/copy-lines.ts';
import { newReading } from './store/cost-lines.ts';

export type LinesAsTheyCome = {
  batches: AsyncIterable<readonly InvoiceLine[]>;
  /** Asked for with the first batch. */
  currency: () => string;
  /** False: they are only added up. */
  isKept: boolean;
};

/** Adds up the lines of an invoice as they come and, where they are wanted, stores them under a reading of their own: all, or none. */
export const keepLines = async (
  ctx: BillingContext,
  { batches, currency, isKept }: LinesAsTheyCome,
): Promise<{ read: CostLines; reading_id: string | null }> => {
  let begun: CostLines | null = null;
  async function* costLines(): AsyncGenerator<CostLine[]> {
    for await (const batch of batches) {
      begun ??= new CostLines(currency());
      const read = begun;
      yield batch.map((line) => read.take(line));
      // Parsing and COPY would otherwise hand each other work without ever letting the event loop turn.
      await otherWork();
    }
  }
  const reading_id = isKept ? await newReading(ctx.db) : null;
  if (reading_id === null) for await (const _ of costLines());
  else await copyLines(ctx, reading_id, costLines());
  return { read: begun ?? new CostLines(currency()), reading_id };
};
