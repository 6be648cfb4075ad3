import { hash } from 'node:crypto';
import { steady } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import { blockAccount, hasAccountBudget, takeFromAccount } from './account-budget.ts';
import { hourCost, hourRoom, isWithinHour, seconds, type Taking } from './hour-budget.ts';
import type { BudgetLedger } from './shared-budget.ts';

/**
 * The remaining requests of a token, kept in Postgres: in the table that all services share, or, in a database that was set up without
 * it, in the service's own table `token_budgets` for all of its replicas. The token is read for each request, because it may be
 * replaced; only its hash is stored.
 */
export function tokenLedger<DB>(db: Kysely<DB>, token: () => string): BudgetLedger {
  return {
    take: async (requests, now, isBackground = false) => {
      const taking = { tokenHash: hashOfToken(token()), requests, now, isBackground };
      return (await hasAccountBudget(db)) ? takeFromAccount(db, taking) : takeFromService(db, taking);
    },
    block: async (until, now) => {
      const blocking = { tokenHash: hashOfToken(token()), until, now };
      return (await hasAccountBudget(db)) ? blockAccount(db, blocking) : blockService(db, blocking);
    },
  };
}

/** Until when the requests of a token are blocked; null: they are not. */
export async function blockedUntil<DB>(
  db: Kysely<DB>,
  { tokenHash, now }: { tokenHash: string; now: Temporal.Instant },
): Promise<Temporal.Instant | null> {
  const table = (await hasAccountBudget(db)) ? sql`provider.token_budgets` : sql`token_budgets`;
  const found = await sql<{ blocked_until: string }>`
    SELECT blocked_until FROM ${table} WHERE token_hash = ${tokenHash} AND blocked_until > ${now.toString()}`.execute(
    db,
  );
  const until = found.rows[0]?.blocked_until;
  return until === undefined ? null : Temporal.Instant.from(until);
}

/** The key of a token in `token_budgets`. */
export const hashOfToken = (token: string): string => hash('sha256', token).slice(0, 32);

/** A leaky bucket that stays below the provider's 250 requests in every minute, beside the one of the hour. */
const minute = { burst: 70, background: 20, perSecond: 2.9 };

/**
 * Takes requests from a token's budget, all or none. Returns 0 if they were taken, otherwise how long to wait, in milliseconds.
 * `*_full_at` is the time at which a bucket is full again. The statement does not wait for the disk: a crash of Postgres
 * loses a few requests at most, fewer than the limits leave unused.
 */
async function takeFromService<DB>(db: Kysely<DB>, taking: Taking): Promise<number> {
  const { tokenHash, requests, now, isBackground } = taking;
  const at = now.toString();
  const cost = requests / minute.perSecond;
  // One millisecond more, because Postgres rounds each interval and the roundings add up.
  const room = (isBackground ? minute.background : minute.burst) / minute.perSecond + 0.001;
  const taken = await sql`${steady}
    INSERT INTO token_budgets AS b (token_hash, minute_full_at, hour_full_at)
    VALUES (${tokenHash}, ${at}::timestamptz + ${seconds(cost)}, ${at}::timestamptz + ${seconds(hourCost(requests))})
    ON CONFLICT (token_hash) DO UPDATE SET
      minute_full_at = greatest(b.minute_full_at, ${at}) + ${seconds(cost)},
      hour_full_at = greatest(b.hour_full_at, ${at}) + ${seconds(hourCost(requests))}
    WHERE coalesce(b.blocked_until, '-infinity') <= ${at}
      AND greatest(b.minute_full_at, ${at}) + ${seconds(cost - room)} <= ${at}
      AND ${isWithinHour(taking)}
    RETURNING set_config('synchronous_commit', 'off', true)`.execute(db);
  if (taken.rows.length > 0) return 0;
  const state = await sql<{ wait_ms: number }>`
    SELECT ceil(extract(epoch FROM greatest(
      blocked_until, minute_full_at + ${seconds(cost - room)},
      hour_full_at + ${seconds(hourCost(requests) - hourRoom(isBackground))}) - ${at}::timestamptz) * 1000)::float8 AS wait_ms
    FROM token_budgets WHERE token_hash = ${tokenHash}`.execute(db);
  return Math.max(state.rows[0]?.wait_ms ?? 0, 1);
}

/** Lets no request through before `until`. A later time that is already stored stays. */
async function blockService<DB>(
  db: Kysely<DB>,
  { tokenHash, until, now }: { tokenHash: string; until: Temporal.Instant; now: Temporal.Instant },
): Promise<void> {
  await sql`
    INSERT INTO token_budgets (token_hash, minute_full_at, hour_full_at, blocked_until)
    VALUES (${tokenHash}, ${now.toString()}, ${now.toString()}, ${until.toString()})
    ON CONFLICT (token_hash) DO UPDATE
    SET blocked_until = greatest(token_budgets.blocked_until, excluded.blocked_until)`.execute(db);
}
