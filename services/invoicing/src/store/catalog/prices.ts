import { steady } from '@arcadia/platform';
import { sql } from 'kysely';
import type { FallbackPrice } from '../../domain/rating/terms.ts';
import type { Db } from '../schema.ts';

/** Every fallback price of a currency that can hold before a day, oldest first. */
export const fallbackPrices = async (db: Db, asked: { currency: string; before: string }): Promise<FallbackPrice[]> => {
  const { rows } = await sql<FallbackPrice>`${steady}
    SELECT kind, valid_from, trim_scale(unit_price_cents)::text AS unit_price_cents, trim_scale(overage_unit)::text AS overage_unit
    FROM resource_prices WHERE currency = ${asked.currency} AND valid_from < ${asked.before}
    ORDER BY kind, valid_from`.execute(db);
  return rows;
};

export type PriceRow = FallbackPrice & { currency: string };

/** By kind, currency and day; one row more than asked for. */
export const pageOfPrices = async (
  db: Db,
  asked: {
    kind: string | null;
    after: readonly [kind: string, currency: string, validFrom: string] | null;
    limit: number;
  },
): Promise<PriceRow[]> => {
  const after =
    asked.after === null
      ? sql`true`
      : sql`(kind, currency, valid_from) > (${asked.after[0]}, ${asked.after[1]}, ${asked.after[2]}::date)`;
  const { rows } =
    await sql<PriceRow>`SELECT kind, currency, valid_from, trim_scale(unit_price_cents)::text AS unit_price_cents,
      trim_scale(overage_unit)::text AS overage_unit
    FROM resource_prices WHERE (${asked.kind}::text IS NULL OR kind = ${asked.kind}) AND ${after}
    ORDER BY kind, currency, valid_from LIMIT ${asked.limit + 1}`.execute(db);
  return rows;
};

export const savePrice = async (db: Db, price: PriceRow): Promise<void> => {
  await sql`INSERT INTO resource_prices (kind, currency, valid_from, unit_price_cents, overage_unit)
    VALUES (${price.kind}, ${price.currency}, ${price.valid_from}, ${price.unit_price_cents}, ${price.overage_unit})
    ON CONFLICT (kind, currency, valid_from) DO UPDATE SET unit_price_cents = EXCLUDED.unit_price_cents, overage_unit = EXCLUDED.overage_unit`.execute(
    db,
  );
};
