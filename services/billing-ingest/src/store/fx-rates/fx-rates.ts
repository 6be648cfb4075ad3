import { canonicalDecimal } from '@arcadia/contracts';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

/**
 * The rate set for an invoice's period and currency; null until an operator sets one, and where the provider bills in the billing
 * currency. Of rates to several currencies the one to the billing currency, else the first by name.
 */
export async function fxRateOf(
  db: Kysely<Tables>,
  invoice: { period: string; currency: string },
  { billingCurrency }: { billingCurrency: string },
): Promise<{ to: string; rate: string } | null> {
  if (invoice.currency === billingCurrency) return null;
  const row = await db
    .selectFrom('fx_rates')
    .select(['to_currency', 'rate'])
    .where('period', '=', invoice.period)
    .where('from_currency', '=', invoice.currency)
    .orderBy(sql`to_currency <> ${billingCurrency}`)
    .orderBy('to_currency')
    .executeTakeFirst();
  return row === undefined ? null : { to: row.to_currency, rate: canonicalDecimal(row.rate) };
}

export const selectFxRates = async (db: Kysely<Tables>, period: string | undefined) =>
  db
    .selectFrom('fx_rates')
    .selectAll()
    .$if(period !== undefined, (query) => query.where('period', '=', period ?? ''))
    .orderBy('period', 'desc')
    .orderBy('from_currency')
    .orderBy('to_currency')
    .execute();

export async function upsertFxRates(db: Transaction<Tables>, rates: readonly Tables['fx_rates'][]): Promise<void> {
  await sql`
    INSERT INTO fx_rates SELECT * FROM json_populate_recordset(NULL::fx_rates, ${JSON.stringify(rates)}::json)
    ON CONFLICT (period, from_currency, to_currency) DO UPDATE
      SET rate = excluded.rate, source = excluded.source, set_by = excluded.set_by, set_at = excluded.set_at`.execute(
    db,
  );
}
