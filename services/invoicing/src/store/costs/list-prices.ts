import type { EventData, invoicing } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { ListPrice } from '../../domain/rating/terms.ts';
import { pageOfReplaced, type Replaced, type Setting } from '../catalog/replaced-rows.ts';
import type { Db, Tables } from '../schema.ts';

export type KnownListPrice = ListPrice & { source: 'provider' | 'operator' };

/** A list price with who set it, and who has replaced it. */
export type ListedListPrice = KnownListPrice & Setting;

type Row = Omit<Tables['list_prices'], 'revision' | 'set_by' | 'set_at'>;

/** A field that a price does not have is absent. */
const priceOf = <Found extends Row>({ dimension, price_monthly, unit_price, ...price }: Found) => ({
  ...price,
  ...(dimension === null ? {} : { dimension }),
  ...(price_monthly === null ? {} : { price_monthly }),
  ...(unit_price === null ? {} : { unit_price }),
});

const columns = sql`kind, dimension, valid_from, currency, trim_scale(price_monthly)::text AS price_monthly, trim_scale(unit_price)::text AS unit_price`;

/** The list prices of these kinds, in a fixed order. */
export const listPricesOf = async (db: Db, kinds: readonly string[]): Promise<ListPrice[]> => {
  const { rows } = await sql<Omit<Row, 'source'>>`SELECT ${columns} FROM list_prices WHERE kind = ANY(${kinds}::text[])
    ORDER BY kind, dimension NULLS FIRST, valid_from`.execute(db);
  return rows.map((row) => {
    const { source: _, ...price } = priceOf({ ...row, source: 'provider' });
    return price;
  });
};

/** List prices by kind, dimension and day; one row above the limit. */
export const pageOfListPrices = async (
  db: Db,
  page: {
    kind: string | null;
    after: readonly [kind: string, dimension: string, validFrom: string] | null;
    limit: number;
  },
): Promise<ListedListPrice[]> => {
  const after =
    page.after === null
      ? sql`true`
      : sql`(kind, coalesce(dimension, ''), valid_from) > (${page.after[0]}, ${page.after[1]}, ${page.after[2]}::date)`;
  const { rows } = await sql<Row & Setting>`
    SELECT ${columns}, source, set_by, set_at, NULL AS replaced_by, NULL AS replaced_at FROM list_prices
    WHERE (${page.kind}::text IS NULL OR kind = ${page.kind}) AND ${after}
    ORDER BY kind, coalesce(dimension, ''), valid_from LIMIT ${page.limit + 1}`.execute(db);
  return rows.map(priceOf);
};

/** List prices that others of the same day have replaced, the latest first; one row above the limit. */
export const pageOfReplacedListPrices = async (
  db: Db,
  page: { kind: string | null; before: string | null; limit: number },
): Promise<Replaced<KnownListPrice>[]> => {
  const of = sql`(${page.kind}::text IS NULL OR t.kind = ${page.kind})`;
  const rows = await pageOfReplaced<Row>(db, 'list_prices', { ...page, columns: sql`${columns}, source`, of });
  return rows.map(({ number, row }) => ({ number, row: priceOf(row) }));
};

/** Saves list prices, none of them twice. @returns those that are new or changed, as they are published */
export const saveListPrices = async (
  db: Db,
  prices: readonly KnownListPrice[],
  setting: { by: string; at: Temporal.Instant },
): Promise<EventData<typeof invoicing.listPriceChanged>[]> => {
  if (prices.length === 0) return [];
  const { rows } = await sql<Row & { revision: number }>`
    INSERT INTO list_prices AS p (kind, dimension, valid_from, currency, price_monthly, unit_price, source, revision, set_by, set_at)
    SELECT kind, dimension, valid_from, currency, price_monthly, unit_price, source, 1, ${setting.by},
      ${setting.at.toString()}::timestamptz
    FROM json_to_recordset(${JSON.stringify(prices)}::json)
      AS t(kind text, dimension text, valid_from date, currency text, price_monthly numeric, unit_price numeric, source text)
    ON CONFLICT (kind, dimension, valid_from) DO UPDATE SET currency = EXCLUDED.currency, price_monthly = EXCLUDED.price_monthly,
      unit_price = EXCLUDED.unit_price, source = EXCLUDED.source, revision = p.revision + 1, set_by = EXCLUDED.set_by,
      set_at = EXCLUDED.set_at
    WHERE (p.currency, p.price_monthly, p.unit_price, p.source)
      IS DISTINCT FROM (EXCLUDED.currency, EXCLUDED.price_monthly, EXCLUDED.unit_price, EXCLUDED.source)
    RETURNING ${columns}, source, revision`.execute(db);
  return rows.map(priceOf);
};

/**
 * Locks the provider's prices and rates until the transaction ends. A change takes it alone, an invoice that rests on them together
 * with others; so an invoice is published after every price that it used, and before every one that it did not know.
 */
export const lockCosts = async (db: Db, mode: 'change' | 'use'): Promise<void> => {
  const lock = mode === 'change' ? sql`pg_advisory_xact_lock` : sql`pg_advisory_xact_lock_shared`;
  await sql`SELECT ${lock}(hashtextextended('provider-costs', 0))`.execute(db);
};
