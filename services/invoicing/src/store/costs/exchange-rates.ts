import type { EventData, invoicing, Period } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { ExchangeRate } from '../../domain/rating/terms.ts';
import type { Db } from '../schema.ts';

/** Saves exchange rates, none of them twice. @returns those that are new or changed, as they are published */
export const saveExchangeRates = async (
  db: Db,
  rates: readonly ExchangeRate[],
): Promise<EventData<typeof invoicing.exchangeRateChanged>[]> => {
  if (rates.length === 0) return [];
  const { rows } = await sql<EventData<typeof invoicing.exchangeRateChanged>>`
    INSERT INTO exchange_rates AS r (period, from_currency, to_currency, rate, revision)
    SELECT period, "from", "to", rate, 1
    FROM json_to_recordset(${JSON.stringify(rates)}::json) AS t(period text, "from" text, "to" text, rate numeric)
    ON CONFLICT (period, from_currency, to_currency) DO UPDATE SET rate = EXCLUDED.rate, revision = r.revision + 1
    WHERE r.rate <> EXCLUDED.rate
    RETURNING period, from_currency AS from, to_currency AS to, trim_scale(rate)::text AS rate, revision`.execute(db);
  return rows;
};

/** The rates into a currency: those of a period, or (`orEarlier`) of each currency the newest up to it. */
export const exchangeRatesTo = async (
  db: Db,
  wanted: { to: string; period: Period; orEarlier: boolean },
): Promise<ExchangeRate[]> => {
  const { rows } = await sql<ExchangeRate>`
    SELECT DISTINCT ON (from_currency) period, from_currency AS from, to_currency AS to, trim_scale(rate)::text AS rate FROM exchange_rates
    WHERE to_currency = ${wanted.to} AND ${wanted.orEarlier ? sql`period <= ${wanted.period}` : sql`period = ${wanted.period}`}
    ORDER BY from_currency, period DESC`.execute(db);
  return rows;
};
