import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

export type SizePrice = { slug: string; monthly: string; hourly: string };

/** Stores the prices that differ from the last stored ones and returns them. */
export async function keepChangedPrices(
  db: Kysely<Tables>,
  { provider, prices, at }: { provider: string; prices: readonly SizePrice[]; at: Temporal.Instant },
): Promise<SizePrice[]> {
  const changed = await sql<{ size_slug: string; price_monthly: string; price_hourly: string }>`
    INSERT INTO size_prices (provider, size_slug, effective_at, price_monthly, price_hourly)
    SELECT ${provider}, t.slug, ${at.toString()}::timestamptz, t.monthly, t.hourly
    FROM unnest(${prices.map((p) => p.slug)}::text[], ${prices.map((p) => p.monthly)}::numeric[], ${prices.map((p) => p.hourly)}::numeric[])
      AS t(slug, monthly, hourly)
    LEFT JOIN LATERAL (
      SELECT price_monthly, price_hourly FROM size_prices
      WHERE provider = ${provider} AND size_slug = t.slug ORDER BY effective_at DESC LIMIT 1
    ) AS known ON true
    WHERE (known.price_monthly, known.price_hourly) IS DISTINCT FROM (t.monthly, t.hourly)
    ON CONFLICT (provider, size_slug, effective_at) DO UPDATE
      SET price_monthly = excluded.price_monthly, price_hourly = excluded.price_hourly
    RETURNING size_slug, price_monthly, price_hourly`.execute(db);
  return changed.rows.map((row) => ({ slug: row.size_slug, monthly: row.price_monthly, hourly: row.price_hourly }));
}
