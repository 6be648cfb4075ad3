import { canonicalDecimal } from '@arcadia/contracts';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/** The rate pinned for an invoice's period and currency; null until an operator pins one. With several, the first currency by name. */
export const fxRateOf = async (
  db: Kysely<Database>,
  invoice: { period: string; currency: string },
): Promise<{ to: string; rate: string } | null> => {
  const row = await db
    .selectFrom('fx_rates')
    .select(['to_currency', 'rate'])
    .where('period', '=', invoice.period)
    .where('from_currency', '=', invoice.currency)
    .orderBy('to_currency')
    .executeTakeFirst();
  return row === undefined ? null : { to: row.to_currency, rate: canonicalDecimal(row.rate) };
};

export const fxRates = async (db: Kysely<Database>, period: string | undefined) =>
  db
    .selectFrom('fx_rates')
    .selectAll()
    .$if(period !== undefined, (query) => query.where('period', '=', period ?? ''))
    .orderBy('period', 'desc')
    .orderBy('from_currency')
    .orderBy('to_currency')
    .execute();

export const putFxRates = async (db: Transaction<Database>, rates: readonly Database['fx_rates'][]): Promise<void> => {
  await sql`
    INSERT INTO fx_rates SELECT * FROM json_populate_recordset(NULL::fx_rates, ${JSON.stringify(rates)}::json)
    ON CONFLICT (period, from_currency, to_currency) DO UPDATE
      SET rate = excluded.rate, source = excluded.source, set_by = excluded.set_by, set_at = excluded.set_at`.execute(
    db,
  );
};
