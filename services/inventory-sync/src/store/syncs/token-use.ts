import { type Kysely, sql } from 'kysely';
import { instantOrNull } from '../resources/resource-histories.ts';
import type { Tables } from '../schema.ts';

/** The requests of a token in the last hour, as the provider counted them at an instant. */
export type TokenUse = { limit: number; remaining: number; at: Temporal.Instant };

/** Keeps how many requests of the hour a token has left. An older count changes nothing. */
export async function keepTokenUse(db: Kysely<Tables>, use: TokenUse & { tokenHash: string }): Promise<void> {
  const at = use.at.toString();
  await sql`
    UPDATE token_budgets SET hour_limit = ${use.limit}, hour_remaining = ${use.remaining}, counted_at = ${at}
    WHERE token_hash = ${use.tokenHash} AND (counted_at IS NULL OR counted_at <= ${at})`.execute(db);
}

/** The known budget of a token: the provider's last count, and until when requests wait. */
export type TokenBudget = { use: TokenUse | null; waitingUntil: Temporal.Instant | null };

export async function tokenBudget(
  db: Kysely<Tables>,
  { tokenHash, now }: { tokenHash: string; now: Temporal.Instant },
): Promise<TokenBudget> {
  const found = await sql<{
    hour_limit: number | null;
    hour_remaining: number | null;
    counted_at: string | null;
    waiting_until: string | null;
  }>`
    SELECT hour_limit, hour_remaining, counted_at, CASE WHEN blocked_until > ${now.toString()} THEN blocked_until END AS waiting_until
    FROM token_budgets WHERE token_hash = ${tokenHash}`.execute(db);
  const row = found.rows[0];
  if (row === undefined) return { use: null, waitingUntil: null };
  const { hour_limit: limit, hour_remaining: remaining } = row;
  const at = instantOrNull(row.counted_at);
  return {
    use: limit === null || remaining === null || at === null ? null : { limit, remaining, at },
    waitingUntil: instantOrNull(row.waiting_until),
  };
}
