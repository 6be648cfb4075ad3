import type { EventData, inventorySync } from '@arcadia/contracts';
import { sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

/** Stores the provider's list prices; of one size and instant the last received one stays. */
export async function upsertPrices(
  db: Transaction<Tables>,
  prices: readonly EventData<typeof inventorySync.priceObserved>[],
): Promise<void> {
  const rows = new Map(prices.map((price) => [`${price.provider} ${price.size_slug} ${price.effective_at}`, price]));
  if (rows.size === 0) return;
  await sql`
    INSERT INTO list_prices (provider, size_slug, effective_at, price_monthly, price_hourly)
    SELECT provider, size_slug, effective_at, price_monthly, price_hourly
    FROM json_populate_recordset(NULL::list_prices, ${JSON.stringify([...rows.values()])}::json)
    ORDER BY provider, size_slug, effective_at
    ON CONFLICT (provider, size_slug, effective_at) DO UPDATE
      SET price_monthly = excluded.price_monthly, price_hourly = excluded.price_hourly`.execute(db);
}
