import type { Period } from '@arcadia/contracts';
import { type SortColumn, type Sorting, sortedBy } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { PeriodRow } from './periods.ts';

export type PeriodSummary = Omit<PeriodRow, 'dropped_at'> & {
  days_metered: number;
  facts: number;
  late_facts: number;
  held_days: number;
  closed_at: string | null;
  closed_by: string | null;
  closed_over: string[];
  hash: string | null;
};

const sortId = { column: sql`period`, type: 'text' } as const;
const sortColumns = {
  period: { value: sql`period`, type: 'text' },
  status: { value: sql`status`, type: 'text' },
} as const satisfies Record<string, SortColumn>;

/** Periods with their progress, newest first unless they are sorted. */
export async function pageOfPeriods(
  db: Kysely<Tables>,
  options: {
    period?: Period;
    before?: string | null;
    sorting?: Sorting<keyof typeof sortColumns> | null;
    limit: number;
  },
): Promise<PeriodSummary[]> {
  const { period = null, before = null, sorting = null } = options;
  const sorted = sorting === null ? null : sortedBy(sortColumns[sorting.key], sortId, sorting);
  const order = sorted?.order ?? sql`period DESC`;
  const result = await sql<PeriodSummary>`
    SELECT p.period, p.status, p.close_revision, p.missing, d.days_metered, f.facts, f.late_facts, h.held_days, c.closed_at, c.closed_by,
      coalesce(c.closed_over, '{}') AS closed_over, c.hash
    FROM (
      SELECT *, (period || '-01')::date AS first_day, row_number() OVER (ORDER BY ${order}) AS place FROM periods
      WHERE (${period}::text IS NULL OR period = ${period}) AND (${before}::text IS NULL OR period < ${before})
        AND ${sorted?.page ?? sql`true`}
      ORDER BY ${order} LIMIT ${options.limit}
    ) AS p
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS days_metered FROM metered_days m
      WHERE m.day >= p.first_day AND m.day < p.first_day + interval '1 month' AND m.accrued_until >= m.starts_at + interval '24 hours'
    ) AS d
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS facts,
        count(*) FILTER (WHERE p.close_revision > 0 AND a.close_revision > p.close_revision)::int AS late_facts
      FROM accruals a
      WHERE a.period_start >= p.first_day::timestamp AT TIME ZONE 'UTC'
        AND a.period_start < (p.first_day + interval '1 month') AT TIME ZONE 'UTC'
    ) AS f
    CROSS JOIN LATERAL (
      SELECT count(DISTINCT day)::int AS held_days FROM pending_days
      WHERE p.status = 'closed' AND day >= p.first_day AND day < p.first_day + interval '1 month'
    ) AS h
    LEFT JOIN period_closes c ON c.period = p.period AND c.revision = p.close_revision
    ORDER BY p.place`.execute(db);
  return result.rows;
}

/** Held days of a closed period, with the deployments whose usage on them would differ. */
export async function heldOf(db: Kysely<Tables>, period: Period) {
  const result = await sql<{ day: string; tenant_id: string | null; deployment_id: string }>`
    SELECT h.day, d.tenant_id, h.deployment_id FROM pending_days h
    JOIN periods p ON p.period = ${period} AND p.status = 'closed' LEFT JOIN deployments d USING (deployment_id)
    WHERE h.day >= (${period} || '-01')::date AND h.day < (${period} || '-01')::date + interval '1 month'
    ORDER BY 1, 2, 3 LIMIT 1000`.execute(db);
  return result.rows;
}

export async function closesOf(db: Kysely<Tables>, period: Period) {
  return db
    .selectFrom('period_closes')
    .select(['revision', 'closed_at', 'closed_by', 'closed_over', 'is_forced', 'facts', 'hash'])
    .where('period', '=', period)
    .orderBy('revision')
    .execute();
}
