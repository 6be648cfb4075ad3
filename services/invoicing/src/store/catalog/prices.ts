import { steady } from '@arcadia/platform';
import { sql } from 'kysely';
import type { FallbackPrice } from '../../domain/rating/terms.ts';
import type { Db } from '../schema.ts';

/** The fallback prices of a currency that are valid from a day before `before`, oldest first. */
export const fallbackPrices = async (
  db: Db,
  filter: { currency: string; before: string },
): Promise<FallbackPrice[]> => {
  const { rows } = await sql<Found<FallbackPrice>>`${steady}
    SELECT kind, dimension, valid_from, trim_scale(unit_price_cents)::text AS unit_price_cents, trim_scale(overage_unit)::text AS overage_unit
    FROM resource_prices WHERE currency = ${filter.currency} AND valid_from < ${filter.before}
    ORDER BY kind, valid_from, dimension NULLS FIRST`.execute(db);
  return rows.map(priceOf);
};

type Found<Row> = Omit<Row, 'dimension'> & { dimension: string | null };

/** Without a dimension the field is absent, so that the prices of earlier versions keep their hash. */
const priceOf = <Row extends object>({ dimension, ...price }: Row & { dimension: string | null }) =>
  dimension === null ? price : { ...price, dimension };

export type PriceRow = FallbackPrice & { currency: string };

/** Prices by kind, currency, day and dimension (the one for all first); one row above the limit. */
export const pageOfPrices = async (
  db: Db,
  page: {
    kind: string | null;
    after: readonly [kind: string, currency: string, validFrom: string, dimension: string] | null;
    limit: number;
  },
): Promise<PriceRow[]> => {
  const after =
    page.after === null
      ? sql`true`
      : sql`(kind, currency, valid_from, coalesce(dimension, '')) > (${page.after[0]}, ${page.after[1]}, ${page.after[2]}::date, ${page.after[3]})`;
  const { rows } = await sql<
    Found<PriceRow>
  >`SELECT kind, dimension, currency, valid_from, trim_scale(unit_price_cents)::text AS unit_price_cents,
      trim_scale(overage_unit)::text AS overage_unit
    FROM resource_prices WHERE (${page.kind}::text IS NULL OR kind = ${page.kind}) AND ${after}
    ORDER BY kind, currency, valid_from, coalesce(dimension, '') LIMIT ${page.limit + 1}`.execute(db);
  return rows.map(priceOf);
};

export const savePrice = async (db: Db, price: PriceRow): Promise<void> => {
  await sql`INSERT INTO resource_prices (kind, dimension, currency, valid_from, unit_price_cents, overage_unit)
    VALUES (${price.kind}, ${price.dimension ?? null}, ${price.currency}, ${price.valid_from}, ${price.unit_price_cents}, ${price.overage_unit})
    ON CONFLICT (kind, dimension, currency, valid_from) DO UPDATE SET unit_price_cents = EXCLUDED.unit_price_cents, overage_unit = EXCLUDED.overage_unit`.execute(
    db,
  );
};

/** Inserts prices; one that exists for the day stays as it is. */
export const insertPrices = async (db: Db, prices: readonly PriceRow[]): Promise<void> => {
  await db
    .insertInto('resource_prices')
    .values(prices.map((price) => ({ ...price, dimension: price.dimension ?? null })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
