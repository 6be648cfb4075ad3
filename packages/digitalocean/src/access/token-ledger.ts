import { hash } from 'node:crypto';
import { steady } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { BudgetLedger } from './shared-budget.ts';

/**
 * The remaining requests of a token, kept in the service's own table `token_budgets` for all of its replicas. The token is read
 * for each request, because it may be replaced; only its hash is stored.
 */
export function tokenLedger<DB>(db: Kysely<DB>, token: () => string): BudgetLedger {
  return {
    take: async (requests, now, isBackground = false) =>
      takeRequests(db, { tokenHash: hashOfToken(token()), requests, now, isBackground }),
    block: async (until, now) => blockToken(db, { tokenHash: hashOfToken(token()), until, now }),
  };
}

/** The key of a token in `token_budgets`. */
export const hashOfToken = (token: string): string => hash('sha256', token).slice(0, 32);

/**
 * Two leaky buckets. Together they stay below the provider's limits in every minute (250) and every hour (5,000): at most
 * `burst` requests at once, `perSecond` in the long run. Background requests find smaller buckets, `background` at once, so that the
 * rest is there for the others at any time.
 */
const limits = {
  minute: { burst: 70, background: 20, perSecond: 2.9 },
  hour: { burst: 1_000, background: 700, perSecond: 1.08 },
};

/**
 * Takes requests from a token's budget, all or none. Returns 0 if they were taken, otherwise how long to wait, in milliseconds.
 * `*_full_at` is the time at which a bucket is full again. The statement does not wait for the disk: a crash of Postgres
 * loses a few requests at most, fewer than the limits leave unused.
 */
async function takeRequests<DB>(
  db: Kysely<DB>,
  {
    tokenHash,
    requests,
    now,
    isBackground,
  }: { tokenHash: string; requests: number; now: Temporal.Instant; isBackground: boolean },
): Promise<number> {
  const burst = isBackground ? 'background' : 'burst';
  const at = now.toString();
  const cost = { minute: requests / limits.minute.perSecond, hour: requests / limits.hour.perSecond };
  // One millisecond more, because Postgres rounds each interval and the roundings add up.
  const room = {
    minute: limits.minute[burst] / limits.minute.perSecond + 0.001,
    hour: limits.hour[burst] / limits.hour.perSecond + 0.001,
  };
  const seconds = (value: number) => sql`make_interval(secs => ${value}::float8)`;
  const taken = await sql`${steady}
    INSERT INTO token_budgets AS b (token_hash, minute_full_at, hour_full_at)
    VALUES (${tokenHash}, ${at}::timestamptz + ${seconds(cost.minute)}, ${at}::timestamptz + ${seconds(cost.hour)})
    ON CONFLICT (token_hash) DO UPDATE SET
      minute_full_at = greatest(b.minute_full_at, ${at}) + ${seconds(cost.minute)},
      hour_full_at = greatest(b.hour_full_at, ${at}) + ${seconds(cost.hour)}
    WHERE coalesce(b.blocked_until, '-infinity') <= ${at}
      AND greatest(b.minute_full_at, ${at}) + ${seconds(cost.minute - room.minute)} <= ${at}
      AND greatest(b.hour_full_at, ${at}) + ${seconds(cost.hour - room.hour)} <= ${at}
    RETURNING set_config('synchronous_commit', 'off', true)`.execute(db);
  if (taken.rows.length > 0) return 0;
  const state = await sql<{ wait_ms: number }>`
    SELECT ceil(extract(epoch FROM greatest(
      blocked_until, minute_full_at + ${seconds(cost.minute - room.minute)},
      hour_full_at + ${seconds(cost.hour - room.hour)}) - ${at}::timestamptz) * 1000)::float8 AS wait_ms
    FROM token_budgets WHERE token_hash = ${tokenHash}`.execute(db);
  return Math.max(state.rows[0]?.wait_ms ?? 0, 1);
}

/** Lets no request through before `until`. A later time that is already stored stays. */
async function blockToken<DB>(
  db: Kysely<DB>,
  { tokenHash, until, now }: { tokenHash: string; until: Temporal.Instant; now: Temporal.Instant },
): Promise<void> {
  await sql`
    INSERT INTO token_budgets (token_hash, minute_full_at, hour_full_at, blocked_until)
    VALUES (${tokenHash}, ${now.toString()}, ${now.toString()}, ${until.toString()})
    ON CONFLICT (token_hash) DO UPDATE
    SET blocked_until = greatest(token_budgets.blocked_until, excluded.blocked_until)`.execute(db);
}
