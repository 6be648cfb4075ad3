import { sql } from 'kysely';
import type { FallbackPrice } from '../domain/terms.ts';
import type { Db } from './schema.ts';

/** Every fallback price of a currency that can hold before a day, oldest first. */
export const fallbackPrices = async (db: Db, asked: { currency: string; before: string }): Promise<FallbackPrice[]> => {
  const { rows } = await sql<FallbackPrice>`
    SELECT kind, valid_from, trim_scale(unit_price_cents)::text AS unit_price_cents, trim_scale(overage_unit)::text AS overage_unit
    FROM resource_prices WHERE currency = ${asked.currency} AND valid_from < ${asked.before}
    ORDER BY kind, valid_from`.execute(db);
  return rows;
};
