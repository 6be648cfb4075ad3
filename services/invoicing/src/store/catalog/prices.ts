import { steady } from '@arcadia/platform';
import { type QueryExecutorProvider, sql } from 'kysely';
import type { FallbackPrice } from '../../domain/rating/terms.ts';
import type { Db, Tables } from '../schema.ts';
import { currencyOf } from '../tenants/billing-profiles.ts';
import { pageOfReplaced, type Replaced, type Setting } from './replaced-rows.ts';

/** The fallback prices of a currency, or of the one in which a tenant is billed, that are valid from a day before `before`, oldest first. */
export const fallbackPrices = async (
  db: QueryExecutorProvider,
  filter: ({ currency: string } | { tenantId: string }) & { before: string },
): Promise<FallbackPrice[]> => {
  const currency = 'currency' in filter ? sql`${filter.currency}` : currencyOf(filter.tenantId);
  const { rows } = await sql<Found<FallbackPrice>>`${steady}
    SELECT kind, dimension, charge_model, trim_scale(mark_up_percent)::text AS mark_up_percent, valid_from,
      trim_scale(unit_price_cents)::text AS unit_price_cents, trim_scale(overage_unit)::text AS overage_unit
    FROM resource_prices WHERE currency = ${currency} AND valid_from < ${filter.before}
    ORDER BY kind, valid_from, dimension NULLS FIRST`.execute(db);
  return rows.map(priceOf);
};

type Optional = {
  dimension: string | null;
  charge_model: 'standard' | 'cost_plus' | null;
  mark_up_percent: string | null;
};
type Found<Row> = Omit<Row, keyof Optional> & Optional;

/** A field that a price does not have is absent, so that the prices of earlier versions keep their hash. */
const priceOf = <Row extends object>({ dimension, charge_model, mark_up_percent, ...price }: Row & Optional) => ({
  ...price,
  ...(dimension === null ? {} : { dimension }),
  ...(charge_model === null ? {} : { charge_model }),
  ...(mark_up_percent === null ? {} : { mark_up_percent }),
});

const rowOf = (price: PriceRow): Omit<Tables['resource_prices'], 'set_by' | 'set_at'> => ({
  ...price,
  dimension: price.dimension ?? null,
  charge_model: price.charge_model ?? null,
  mark_up_percent: price.mark_up_percent ?? null,
});

export type PriceRow = FallbackPrice & { currency: string };

/** A price with who set it, and who has replaced it. */
export type ListedPrice = PriceRow & Setting;

const columns = sql`kind, dimension, charge_model, trim_scale(mark_up_percent)::text AS mark_up_percent, currency, valid_from,
  trim_scale(unit_price_cents)::text AS unit_price_cents, trim_scale(overage_unit)::text AS overage_unit`;

/** Prices by kind, currency, day and dimension (the one for all first); one row above the limit. */
export const pageOfPrices = async (
  db: Db,
  page: {
    kind: string | null;
    after: readonly [kind: string, currency: string, validFrom: string, dimension: string] | null;
    limit: number;
  },
): Promise<ListedPrice[]> => {
  const after =
    page.after === null
      ? sql`true`
      : sql`(kind, currency, valid_from, coalesce(dimension, '')) > (${page.after[0]}, ${page.after[1]}, ${page.after[2]}::date, ${page.after[3]})`;
  const { rows } = await sql<Found<ListedPrice>>`
    SELECT ${columns}, set_by, set_at, NULL AS replaced_by, NULL AS replaced_at
    FROM resource_prices WHERE (${page.kind}::text IS NULL OR kind = ${page.kind}) AND ${after}
    ORDER BY kind, currency, valid_from, coalesce(dimension, '') LIMIT ${page.limit + 1}`.execute(db);
  return rows.map(priceOf);
};

/** Prices that others of the same day have replaced, the latest first; one row above the limit. */
export const pageOfReplacedPrices = async (
  db: Db,
  page: { kind: string | null; before: string | null; limit: number },
): Promise<Replaced<PriceRow>[]> => {
  const of = sql`(${page.kind}::text IS NULL OR t.kind = ${page.kind})`;
  const rows = await pageOfReplaced<Found<PriceRow>>(db, 'resource_prices', { ...page, columns, of });
  return rows.map(({ number, row }) => ({ number, row: priceOf(row) }));
};

/** All prices of a kind, in the same order. */
export const pricesOfKind = (db: Db, kind: string): Promise<ListedPrice[]> =>
  pageOfPrices(db, { kind, after: null, limit: 2 ** 31 - 2 });

/**
 * Saves a price; one of the same kind, dimension, currency and day is replaced.
 * @returns the price as it is kept, and the one that it replaced; null if there was none, or an equal one
 */
export const savePrice = async (
  db: Db,
  price: PriceRow,
  setting: { by: string; at: Temporal.Instant },
): Promise<{ saved: ListedPrice; replaces: ListedPrice | null }> => {
  const { by: set_by, at } = setting;
  const known = await db
    .insertInto('resource_prices')
    .values({ ...rowOf(price), set_by, set_at: at.toString() })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'dimension', 'currency', 'valid_from']).doUpdateSet((set) => ({
        unit_price_cents: set.ref('excluded.unit_price_cents'),
        overage_unit: set.ref('excluded.overage_unit'),
        charge_model: set.ref('excluded.charge_model'),
        mark_up_percent: set.ref('excluded.mark_up_percent'),
        set_by: set.ref('excluded.set_by'),
        set_at: set.ref('excluded.set_at'),
      })),
    )
    .returning(['set_by', 'set_at'])
    .executeTakeFirstOrThrow();
  const saved = { ...price, ...known, replaced_by: null, replaced_at: null };
  const of = sql`r.replaced_at = ${at.toString()}::timestamptz AND t.kind = ${price.kind} AND t.currency = ${price.currency}
    AND t.valid_from = ${price.valid_from}::date AND t.dimension IS NOT DISTINCT FROM ${price.dimension ?? null}`;
  const [replaced] = await pageOfReplaced<Found<PriceRow>>(db, 'resource_prices', {
    columns,
    of,
    before: null,
    limit: 1,
  });
  return { saved, replaces: replaced === undefined ? null : priceOf(replaced.row) };
};

/** Inserts the prices of kinds that have none in their currency yet. @returns their kinds */
export const insertPricesOfNewKinds = async (db: Db, prices: readonly PriceRow[]): Promise<string[]> => {
  const { rows } = await sql<{ kind: string }>`
    INSERT INTO resource_prices (kind, dimension, currency, valid_from, unit_price_cents, overage_unit, charge_model, mark_up_percent)
    SELECT t.* FROM json_to_recordset(${JSON.stringify(prices.map(rowOf))}::json) AS t(kind text, dimension text, currency text,
      valid_from date, unit_price_cents numeric, overage_unit numeric, charge_model text, mark_up_percent numeric)
    WHERE NOT EXISTS (SELECT 1 FROM resource_prices p WHERE p.kind = t.kind AND p.currency = t.currency)
    ON CONFLICT DO NOTHING RETURNING kind`.execute(db);
  return rows.map(({ kind }) => kind).toSorted();
};
