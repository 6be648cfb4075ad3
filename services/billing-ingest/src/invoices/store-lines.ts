import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { databaseUrl } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { type CostLine, CostLines } from '../domain/cost-lines/cost-line.ts';
import type { InvoiceLine } from '../domain/invoices/invoice-line.ts';
import { copyLines } from '../store/cost-lines/copy-lines.ts';
import { newReading } from '../store/cost-lines/cost-lines.ts';

export type LineStream = {
  batches: AsyncIterable<readonly InvoiceLine[]>;
  /** Called when the first batch has come. */
  currency: () => string;
  /** False: the lines are only added up. */
  isStored: boolean;
  /** False: no line has ids of the provider. */
  hasProviderIds: boolean;
};

/** Adds up the lines of an invoice as they come and, if wanted, stores them under a new reading: all of them, or none. */
export async function storeLines(
  ctx: Context,
  { batches, currency, isStored, hasProviderIds }: LineStream,
): Promise<{ sum: CostLines; reading_id: string | null }> {
  let sum: CostLines | null = null;
  async function* costLines(): AsyncGenerator<CostLine[]> {
    for await (const batch of batches) {
      sum ??= new CostLines(currency());
      const taking = sum;
      yield batch.map((line) => taking.take(line));
      // Parsing and COPY could otherwise hand work to each other without ever letting the event loop continue.
      await yieldToEventLoop();
    }
  }
  const reading_id = isStored ? await newReading(ctx.db) : null;
  if (reading_id === null) for await (const _ of costLines());
  else {
    const session = { url: databaseUrl(ctx.name, ctx.env), service: ctx.name, log: ctx.log };
    await copyLines(session, { readingId: reading_id, batches: costLines(), hasProviderIds });
  }
  return { sum: sum ?? new CostLines(currency()), reading_id };
}
