import type { EventData, invoicing, ListedPrice } from '@arcadia/contracts';
import { upsertNewest } from '@arcadia/platform';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** Stores list prices by billing kind, dimension (empty for the whole kind) and day. */
export async function upsertListPrices(
  db: Transaction<Tables>,
  prices: readonly EventData<typeof invoicing.listPriceChanged>[],
): Promise<void> {
  await upsertNewest(
    db,
    { name: 'list_prices', key: ['kind', 'dimension', 'valid_from'], newest: ['revision'] },
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

/** The list prices of kinds that hold on a day: the newest by then, before its first day the first one. */
export async function listPricesOf(
  db: Kysely<Tables>,
  { kinds, day }: { kinds: readonly string[]; day: string },
): Promise<(ListedPrice & { kind: string; dimension: string })[]> {
  if (kinds.length === 0) return [];
  const { rows } = await sql<ListedPrice & { kind: string; dimension: string }>`
    SELECT DISTINCT ON (kind, dimension) kind, dimension, currency, trim_scale(price_monthly)::text AS price_monthly,
      trim_scale(unit_price)::text AS unit_price
    FROM list_prices WHERE kind = ANY(${kinds}::text[])
    ORDER BY kind, dimension, valid_from > ${day}::date,
      CASE WHEN valid_from <= ${day}::date THEN valid_from END DESC, valid_from`.execute(db);
  return rows;
}
