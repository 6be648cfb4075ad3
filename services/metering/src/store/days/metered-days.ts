import { dayInterval } from '@arcadia/contracts';
import { steady } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

type Session = Kysely<Tables>;

/** Marks a day as metered up to `until`: an observation stored later is late. */
export async function markMetered(db: Session, day: string, until: Temporal.Instant): Promise<void> {
  await sql`
    INSERT INTO metered_days (day, starts_at, metered_until)
    VALUES (${day}::date, ${dayInterval(day).start.toString()}::timestamptz, ${until.toString()}::timestamptz)
    ON CONFLICT (day) DO UPDATE SET metered_until = greatest(metered_days.metered_until, excluded.metered_until)`.execute(
    db,
  );
}

/** Records that the day has facts up to `until`. */
export async function markAccrued(db: Session, day: string, until: Temporal.Instant): Promise<void> {
  await sql`UPDATE metered_days SET accrued_until = greatest(accrued_until, ${until.toString()}::timestamptz)
    WHERE day = ${day}::date`.execute(db);
}

/** The instant up to which a day is metered; null when it is not metered at all. */
export async function meteredUntil(db: Session, day: string): Promise<Temporal.Instant | null> {
  const row = await db.selectFrom('metered_days').select('metered_until').where('day', '=', day).executeTakeFirst();
  return row === undefined ? null : Temporal.Instant.from(row.metered_until);
}

/** By day (first and last included) the instant up to which it has facts; days without facts are left out. */
export async function accruedDays(db: Session, first: string, last: string): Promise<Map<string, Temporal.Instant>> {
  const rows = await db
    .selectFrom('metered_days')
    .modifyFront(steady)
    .select(['day', 'accrued_until'])
    .where('day', '>=', first)
    .where('day', '<=', last)
    .execute();
  return new Map(
    rows.flatMap(({ day, accrued_until: until }) => (until === null ? [] : [[day, Temporal.Instant.from(until)]])),
  );
}

/** Days (first and last included) that are metered to their end. */
export async function completedDays(db: Session, first: string, last: string): Promise<Set<string>> {
  const days = await accruedDays(db, first, last);
  return new Set(Array.from(days).flatMap(([day, until]) => (isOver(day, until) ? [day] : [])));
}

const isOver = (day: string, until: Temporal.Instant): boolean =>
  Temporal.Instant.compare(until, dayInterval(day).end) >= 0;

/** Days (`d.day`) before this one that belong to its period, or to an earlier one that exists and was never closed. */
const openDays = (before: string) => {
  const period = before.slice(0, 7);
  return sql`(
      SELECT (period || '-01')::timestamp AS first_day
      FROM (SELECT period, status, dropped_at FROM periods UNION ALL SELECT ${period}, 'open', NULL) AS candidates
      WHERE period <= ${period}
      GROUP BY period HAVING bool_and(status <> 'closed' AND dropped_at IS NULL)
    ) AS p
    CROSS JOIN LATERAL (
      SELECT day FROM generate_series(p.first_day, p.first_day + interval '1 month - 1 day', interval '1 day') AS s (day)
      WHERE day < ${before}::timestamp
    ) AS d`;
};

const isMetered = sql`EXISTS (
  SELECT FROM metered_days m WHERE m.day = d.day::date AND m.accrued_until >= m.starts_at + interval '24 hours')`;

/**
 * Days before this one that are not metered to their end, oldest first: days of its period and of earlier periods that exist
 * and were never closed. Months without a row stay untouched, and a closed period is left to the operator.
 */
export async function missedDays(db: Session, before: string): Promise<string[]> {
  const result = await sql<{ day: string }>`
    SELECT d.day::date AS day FROM ${openDays(before)} WHERE NOT ${isMetered} ORDER BY 1`.execute(db);
  return result.rows.map(({ day }) => day);
}

/** How many of the days that are due to be metered before this one are metered, and the first that is not. */
export async function meteredShare(
  db: Session,
  before: string,
): Promise<{ due: number; metered: number; firstMissing: string | null }> {
  const { rows } = await sql<{ due: number; metered: number; first_missing: string | null }>`
    SELECT count(*)::int AS due, count(*) FILTER (WHERE ${isMetered})::int AS metered,
      min(d.day::date) FILTER (WHERE NOT ${isMetered}) AS first_missing
    FROM ${openDays(before)}`.execute(db);
  const { due = 0, metered = 0, first_missing: firstMissing = null } = rows[0] ?? {};
  return { due, metered, firstMissing };
}

/** Days that were touched by a late observation or report after they were metered, oldest first. */
export async function pendingDays(db: Session): Promise<string[]> {
  const rows = await db.selectFrom('pending_days').select('day').distinct().orderBy('day').execute();
  return rows.map(({ day }) => day);
}

/**
 * How a deployment that is pending already is marked again: its row is locked, so that a metering that takes it meanwhile waits for this
 * transaction, and meters what this transaction adds.
 */
export const markedAgain = sql`ON CONFLICT (day, deployment_id) DO UPDATE SET day = excluded.day`;

/** Removes and returns the pending deployments of a day, which this transaction meters again. Locks them in the order in which they are marked. */
export async function takePending(db: Session, day: string): Promise<string[]> {
  const rows = await db
    .selectFrom('pending_days')
    .select('deployment_id')
    .where('day', '=', day)
    .orderBy('deployment_id')
    .forUpdate()
    .execute();
  const taken = rows.map(({ deployment_id }) => deployment_id);
  await sql`DELETE FROM pending_days WHERE day = ${day}::date AND deployment_id = ANY(${taken}::uuid[])`.execute(db);
  return taken;
}
