import { steady } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import { hourCost, hourRoom, isWithinHour, seconds, type Taking } from './hour-budget.ts';

/**
 * The budget of a token that all services share, whichever process they run in: the table `provider.token_budgets`, which belongs to no
 * service. It counts the requests of a minute by slots of two seconds. The window is one slot longer than a minute, so that no minute,
 * wherever it begins, holds more than the limit, and all of the limit may be used at once.
 */
const slotMs = 2_000;
const slots = 31;

/** Of the provider's 250 requests in any minute; the others are room for requests that are sent a while after they were taken. Background requests leave the rest to the others at any time. */
const perMinute = { foreground: 240, background: 150 };

const has = new WeakMap<object, Promise<boolean>>();

/** Whether the database has the shared table and this service's role may use it. A database that was set up before has none. */
export function hasAccountBudget<DB>(db: Kysely<DB>): Promise<boolean> {
  const known = has.get(db);
  if (known !== undefined) return known;
  const found = sql<{ is_usable: boolean }>`
    SELECT coalesce((SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE')
      FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = 'provider' AND c.relname = 'token_budgets'), false) AS is_usable`
    .execute(db)
    .then(({ rows }) => rows[0]?.is_usable === true);
  // A failure is no answer: it is asked again.
  found.catch(() => has.delete(db));
  has.set(db, found);
  return found;
}

/** Takes requests, all or none. Returns 0 if they were taken, otherwise how long to wait, in milliseconds. */
export async function takeFromAccount<DB>(db: Kysely<DB>, taking: Taking): Promise<number> {
  const { tokenHash, requests, now, isBackground } = taking;
  const limit = isBackground ? perMinute.background : perMinute.foreground;
  const slot = Math.floor(now.epochMilliseconds / slotMs);
  const at = now.toString();
  const age = sql`(${slot}::bigint - b.slot)`;
  // A clock that was moved, as a played one is, begins anew; one that is a little behind counts in the newest slot.
  const isOther = sql`abs(${age}) >= ${slots}::int`;
  const kept = sql`CASE WHEN ${isOther} THEN '{}' ELSE b.counts[1:${slots}::int - greatest(${age}, 0)::int] END`;
  const taken = await sql`${steady}
    INSERT INTO provider.token_budgets AS b (token_hash, slot, counts, hour_full_at)
    VALUES (${tokenHash}, ${slot}::bigint, ARRAY[${requests}::int], ${at}::timestamptz + ${seconds(hourCost(requests))})
    ON CONFLICT (token_hash) DO UPDATE SET
      slot = CASE WHEN ${isOther} THEN excluded.slot ELSE greatest(b.slot, excluded.slot) END,
      counts = CASE WHEN ${isOther} THEN excluded.counts
        WHEN ${age} > 0 THEN excluded.counts || array_fill(0, ARRAY[${age}::int - 1]) || ${kept}
        ELSE (b.counts[1] + ${requests}::int) || b.counts[2:${slots}::int] END,
      hour_full_at = greatest(b.hour_full_at, ${at}) + ${seconds(hourCost(requests))}
    WHERE coalesce(b.blocked_until, '-infinity') <= ${at}
      AND (SELECT coalesce(sum(count), 0) FROM unnest(${kept}) AS count) + ${requests}::int <= ${limit}::int
      AND ${isWithinHour(taking)}
    RETURNING set_config('synchronous_commit', 'off', true)`.execute(db);
  if (taken.rows.length > 0) return 0;
  const free = seconds(hourCost(requests) - hourRoom(isBackground));
  const state = await sql<{ wait_ms: number }>`
    SELECT ceil(greatest(
      extract(epoch FROM greatest(blocked_until, hour_full_at + ${free}) - ${at}::timestamptz) * 1000,
      (SELECT (b.slot - min(place) + ${slots}::int + 1) * ${slotMs}::int - ${now.epochMilliseconds}::bigint
        FROM (SELECT place, sum(count) OVER (ORDER BY place) AS used FROM unnest(b.counts) WITH ORDINALITY AS u(count, place)) AS newest
        WHERE used + ${requests}::int > ${limit}::int)))::float8 AS wait_ms
    FROM provider.token_budgets AS b WHERE token_hash = ${tokenHash}`.execute(db);
  return Math.max(state.rows[0]?.wait_ms ?? 0, 1);
}

/** Lets no request of the token through before `until`. A later time that is already stored stays. */
export async function blockAccount<DB>(
  db: Kysely<DB>,
  { tokenHash, until, now }: { tokenHash: string; until: Temporal.Instant; now: Temporal.Instant },
): Promise<void> {
  await sql`
    INSERT INTO provider.token_budgets AS b (token_hash, slot, counts, hour_full_at, blocked_until)
    VALUES (${tokenHash}, ${Math.floor(now.epochMilliseconds / slotMs)}::bigint, '{0}', ${now.toString()}, ${until.toString()})
    ON CONFLICT (token_hash) DO UPDATE SET blocked_until = greatest(b.blocked_until, excluded.blocked_until)`.execute(
    db,
  );
}
