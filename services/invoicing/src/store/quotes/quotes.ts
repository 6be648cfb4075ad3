import type { invoicing, RequestOutput } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { Rating, RatingInput } from '../../domain/rating/rate.ts';
import type { Db, Tables } from '../schema.ts';

export type QuoteRow = Omit<Tables['quotes'], 'usage' | 'input' | 'output'> & {
  usage: RequestOutput<typeof invoicing.createQuote>['usage'];
  output: Rating;
};

export type StoredQuote = QuoteRow & { input: RatingInput };

/** A quote by its id, of a tenant (null: of any tenant). */
export const findQuote = async (
  db: Db,
  wanted: { quoteId: string; tenantId: string | null },
): Promise<StoredQuote | null> => {
  const { rows } = await sql<StoredQuote>`SELECT * FROM quotes
    WHERE quote_id = ${wanted.quoteId} AND (${wanted.tenantId}::text IS NULL OR tenant_id = ${wanted.tenantId})`.execute(
    db,
  );
  return rows[0] ?? null;
};

/** Keeps a quote; one that exists stays as it is. */
export const insertQuote = async (db: Db, quote: StoredQuote): Promise<void> => {
  const { usage, input, output } = quote;
  await db
    .insertInto('quotes')
    .values({ ...quote, usage: JSON.stringify(usage), input: JSON.stringify(input), output: JSON.stringify(output) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
