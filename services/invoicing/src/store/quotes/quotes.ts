import type { invoicing, RequestOutput } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { Rating, RatingInput } from '../../domain/rating/rate.ts';
import type { Db, Schema } from '../schema.ts';

export type QuoteRow = Omit<Schema['quotes'], 'usage' | 'input' | 'output'> & {
  usage: RequestOutput<typeof invoicing.createQuote>['usage'];
  output: Rating;
};

export type StoredQuote = QuoteRow & { input: RatingInput };

/** A quote by its id, of a tenant (null: of anyone). */
export const findQuote = async (
  db: Db,
  asked: { quoteId: string; tenantId: string | null },
): Promise<StoredQuote | null> => {
  const { rows } = await sql<StoredQuote>`SELECT * FROM quotes
    WHERE quote_id = ${asked.quoteId} AND (${asked.tenantId}::text IS NULL OR tenant_id = ${asked.tenantId})`.execute(
    db,
  );
  return rows[0] ?? null;
};
