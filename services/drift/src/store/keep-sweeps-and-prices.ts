import type { EventData, inventorySync } from '@arcadia/contracts';
import { sql, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

type Swept = EventData<typeof inventorySync.inventorySwept>;
type Price = EventData<typeof inventorySync.priceObserved>;

/** Up to when each kind is known whole. */
export async function keepSweeps(db: Transaction<Schema>, swept: readonly Swept[]): Promise<void> {
  if (swept.length === 0) return;
  await sql`
    INSERT INTO sweeps (provider, kind, started_at)
    SELECT provider, kind, max(started_at) FROM unnest(
      ${swept.map((one) => one.provider)}::text[], ${swept.map((one) => one.kind)}::text[],
      ${swept.map((one) => one.started_at)}::timestamptz[]
    ) AS said (provider, kind, started_at)
    GROUP BY provider, kind
    ON CONFLICT (provider, kind) DO UPDATE SET started_at = greatest(sweeps.started_at, excluded.started_at)`.execute(
    db,
  );
}

/** The latest list price of each size. */
export async function keepPrices(db: Transaction<Schema>, prices: readonly Price[]): Promise<void> {
  if (prices.length === 0) return;
  const column = <T>(pick: (one: Price) => T) => prices.map(pick);
  await sql`
    INSERT INTO prices (provider, size_slug, price_monthly, currency, effective_at)
    SELECT DISTINCT ON (provider, size_slug) * FROM unnest(
      ${column((p) => p.provider)}::text[], ${column((p) => p.size_slug)}::text[],
      ${column((p) => p.price_monthly)}::numeric[], ${column((p) => p.currency)}::text[],
      ${column((p) => p.effective_at)}::timestamptz[]
    ) AS said (provider, size_slug, price_monthly, currency, effective_at)
    ORDER BY provider, size_slug, effective_at DESC
    ON CONFLICT (provider, size_slug) DO UPDATE SET price_monthly = excluded.price_monthly,
      currency = excluded.currency, effective_at = excluded.effective_at
    WHERE prices.effective_at <= excluded.effective_at`.execute(db);
}
