import type { EventData, inventorySync, invoicing, ListedPrice } from '@arcadia/contracts';
import { upsertNewest } from '@arcadia/platform';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

/** Stores the latest list price of each size. */
export async function saveSizePrices(
  db: Transaction<Tables>,
  prices: readonly EventData<typeof inventorySync.priceObserved>[],
): Promise<void> {
  await upsertNewest(
    db,
    { name: 'list_prices', key: ['provider', 'size_slug'], newest: ['effective_at'] },
    prices.map(({ provider, size_slug, price_monthly, currency, effective_at }) => ({
      provider,
      size_slug,
      price_monthly,
      currency,
      effective_at,
    })),
  );
}

/** The latest list prices of sizes. */
export async function sizePricesOf(
  db: Kysely<Tables>,
  sizes: readonly string[],
): Promise<Map<string, { monthly: string; currency: string }>> {
  if (sizes.length === 0) return new Map();
  const rows = await sql<{ size: string; monthly: string; currency: string }>`
    SELECT size_slug AS size, trim_scale(price_monthly)::text AS monthly, currency FROM list_prices
    WHERE provider = 'digitalocean' AND size_slug = ANY(${[...sizes]}::text[])`.execute(db);
  return new Map(rows.rows.map(({ size, ...price }) => [size, price]));
}

/** Stores list prices by billing kind, dimension (empty for the whole kind) and day. */
export async function saveBillingKindPrices(
  db: Transaction<Tables>,
  prices: readonly EventData<typeof invoicing.listPriceChanged>[],
): Promise<void> {
  await upsertNewest(
    db,
    { name: 'billing_kind_prices', key: ['kind', 'dimension', 'valid_from'], newest: ['revision'] },
    prices.map(({ kind, dimension = '', valid_from, currency, price_monthly = null, unit_price = null, revision }) => ({
      kind,
      dimension,
      valid_from,
      currency,
      price_monthly,
      unit_price,
      revision,
    })),
  );
}

/** The list prices of billing kinds that hold on a day: the newest by then, before its first day the first one. */
export async function billingKindPricesOf(
  db: Kysely<Tables>,
  { kinds, day }: { kinds: readonly string[]; day: string },
): Promise<(ListedPrice & { kind: string; dimension: string })[]> {
  if (kinds.length === 0) return [];
  const { rows } = await sql<ListedPrice & { kind: string; dimension: string }>`
    SELECT DISTINCT ON (kind, dimension) kind, dimension, currency, trim_scale(price_monthly)::text AS price_monthly,
      trim_scale(unit_price)::text AS unit_price
    FROM billing_kind_prices WHERE kind = ANY(${[...kinds]}::text[])
    ORDER BY kind, dimension, valid_from > ${day}::date,
      CASE WHEN valid_from <= ${day}::date THEN valid_from END DESC, valid_from`.execute(db);
  return rows;
}
