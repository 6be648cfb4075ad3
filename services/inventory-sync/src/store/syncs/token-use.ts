import { type Kysely, sql } from 'kysely';
import { instantOrNull } from '../resources/resource-histories.ts';
import type { Tables } from '../schema.ts';

/** The requests of a token in the last hour, as the provider counted them at an instant. */
export type TokenUse = { limit: number; remaining: number; at: Temporal.Instant };

/** Keeps how many requests of the hour a token has left. An older count changes nothing. */
export async function keepTokenUse(db: Kysely<Tables>, use: TokenUse & { tokenHash: string }): Promise<void> {
  const at = use.at.toString();
  await sql`
    INSERT INTO token_budgets AS b (token_hash, minute_full_at, hour_full_at, hour_limit, hour_remaining, counted_at)
    VALUES (${use.tokenHash}, ${at}, ${at}, ${use.limit}, ${use.remaining}, ${at})
    ON CONFLICT (token_hash) DO UPDATE
    SET hour_limit = excluded.hour_limit, hour_remaining = excluded.hour_remaining, counted_at = excluded.counted_at
    WHERE b.counted_at IS NULL OR b.counted_at <= excluded.counted_at`.execute(db);
}

/** The provider's last count of a token's requests; null before the first. */
export async function tokenUse(db: Kysely<Tables>, tokenHash: string): Promise<TokenUse | null> {
  const found = await sql<{ hour_limit: number | null; hour_remaining: number | null; counted_at: string | null }>`
    SELECT hour_limit, hour_remaining, counted_at FROM token_budgets WHERE token_hash = ${tokenHash}`.execute(db);
  const { hour_limit: limit = null, hour_remaining: remaining = null, counted_at = null } = found.rows[0] ?? {};
  const at = instantOrNull(counted_at);
  return limit === null || remaining === null || at === null ? null : { limit, remaining, at };
}
