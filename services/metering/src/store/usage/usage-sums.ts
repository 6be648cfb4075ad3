import { dayOf, startOfDay } from '@arcadia/contracts';
import { steady } from '@arcadia/platform';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { startOfHour, type Window } from '../../domain/days/windows.ts';
import type { Terms } from '../../domain/subscriptions/included.ts';
import { linesQuery } from '../days/lines.ts';
import { countedKinds, type KindsOn, kindsOnOf } from '../kinds/config-in-force.ts';
import type { Tables } from '../schema.ts';
import { termsAt } from '../subscriptions/terms.ts';

export type UsageGrouping = 'deployment' | 'kind' | 'day' | 'hour' | 'resource' | 'dimension';

export type UsageSumsOptions = {
  from: Temporal.Instant;
  to: Temporal.Instant;
  groupBy: UsageGrouping;
  tenant?: string;
  deployment?: string;
  kind?: string;
  /** Windows without facts yet, summed from the states. */
  live: readonly Window[];
  limit: number;
  /** The sort key of the last row of the page before: deployment, resource, start, kind, dimension. */
  after: readonly string[] | null;
  /** Given: the terms of each deployment's subscription at this instant are read too. */
  termsAt?: Temporal.Instant;
};

export type UsageSum = {
  tenant_id: string | null;
  deployment_id: string | null;
  resource_id: string | null;
  period_start: string | null;
  kind: string;
  dimension: string | null;
  quantity: string;
  parts: { unit_seconds: string; divisor: string }[];
  records: number;
  is_live: boolean;
};

type Column = 'tenant_id' | 'deployment_id' | 'resource_id' | 'period_start' | 'dimension';

const columns: Record<UsageGrouping, readonly Column[]> = {
  deployment: ['tenant_id', 'deployment_id'],
  kind: [],
  day: ['period_start'],
  hour: ['period_start'],
  resource: ['tenant_id', 'deployment_id', 'resource_id', 'dimension'],
  dimension: ['dimension'],
};

export type UsageSums = { rows: UsageSum[]; terms: ReadonlyMap<string, Terms> };

/**
 * Sums facts, and states where there are no facts yet, by a grouping and the kind. In two steps: the sums per divisor read only
 * the covering index; the quotients are computed from the few rows that remain.
 */
export async function usageSums(db: Kysely<Tables>, options: UsageSumsOptions): Promise<UsageSums> {
  const { page, terms } = pageOfSums(options, sql`${options.to.toString()}::timestamptz`);
  // The range and the tenant decide how many facts are read, not how: the plan of a sum of facts alone is kept.
  const result = await sql<Row>`${options.live.length === 0 ? steady : sql``}
    WITH ${page}
    SELECT ${shown}, ${terms} AS terms FROM page ORDER BY k1, k2, k3, k4, k5`.execute(db);
  return sumsOf(result.rows);
}

/** Days, the first and the last included; null for none. */
export type Days = { first: string; last: string } | null;

type Counting = { is_whole: boolean; kinds: Parameters<typeof kindsOnOf>[0] | null };

/** Whether each of these days has facts up to its end, and how usage of every kind is counted. */
export async function readCounting(db: Kysely<Tables>, days: Days): Promise<{ isWhole: boolean; kindsOn: KindsOn }> {
  const result = await sql<Counting>`${steady}SELECT ${areWhole(days)} AS is_whole, ${countedKinds} AS kinds`.execute(
    db,
  );
  return countingOf(result.rows);
}

/** The same, and if it is so the sums of facts alone. In one statement, because each costs about as much as the sum of a small tenant. */
export async function sumsOfWholeDays(
  db: Kysely<Tables>,
  options: Omit<UsageSumsOptions, 'live'>,
  days: Days,
): Promise<{ sums: UsageSums | null; kindsOn: KindsOn }> {
  // If they are not whole, the range of facts is empty. A condition beside the range would be examined for every fact.
  const { page, terms } = pageOfSums({ ...options, live: [] }, sql`(SELECT facts_until FROM counting)`);
  const [from, to] = [options.from.toString(), options.to.toString()];
  const result = await sql<Row & Counting>`${steady}
    WITH counting AS MATERIALIZED (
      SELECT is_whole, CASE WHEN is_whole THEN ${to}::timestamptz ELSE ${from}::timestamptz - interval '1 day' END AS facts_until
      FROM (SELECT ${areWhole(days)} AS is_whole) AS examined
    ),
    ${page}
    SELECT ${shown}, ${terms} AS terms, is_whole,
      CASE WHEN row_number() OVER (ORDER BY k1, k2, k3, k4, k5) = 1 THEN ${countedKinds} END AS kinds
    FROM counting LEFT JOIN page ON true ORDER BY k1, k2, k3, k4, k5`.execute(db);
  const { isWhole, kindsOn } = countingOf(result.rows);
  return { sums: isWhole ? sumsOf(result.rows.filter(({ kind }) => kind !== null)) : null, kindsOn };
}

const areWhole = (days: Days) => {
  const [first, last] = [days?.first ?? null, days?.last ?? null];
  return sql<boolean>`coalesce(${last}::date - ${first}::date + 1, 0) <= (
    SELECT count(*) FROM metered_days WHERE day >= ${first}::date AND day <= ${last}::date
      AND accrued_until >= (day + 1)::timestamp AT TIME ZONE 'UTC')`;
};

/** Of rows of which the first has the configuration. */
const countingOf = ([first]: readonly Counting[]) => ({
  isWhole: first?.is_whole === true,
  kindsOn: kindsOnOf(first?.kinds ?? []),
});

/** A row as it is read: its parts as `unit_seconds/divisor`, divided by blanks. The first has the terms of all. */
type Row = Omit<UsageSum, 'parts'> & { parts: string; terms: Record<string, Terms> | null };

const shown = sql`tenant_id, deployment_id, resource_id, period_start, kind, dimension, quantity, parts, records, is_live`;

const sumsOf = (rows: readonly Row[]): UsageSums => ({
  rows: rows.map((row) => ({
    tenant_id: row.tenant_id,
    deployment_id: row.deployment_id,
    resource_id: row.resource_id,
    period_start: row.period_start,
    kind: row.kind,
    dimension: row.dimension,
    quantity: row.quantity,
    parts: row.parts.split(' ').map((part) => {
      const [unit_seconds = '', divisor = ''] = part.split('/');
      return { unit_seconds, divisor };
    }),
    records: row.records,
    is_live: row.is_live,
  })),
  terms: new Map(Object.entries(rows[0]?.terms ?? {})),
});

/**
 * The queries of a page, the last of which is `page`, and that of the terms of all its deployments, which the first row has.
 * @param until the instant up to which facts are summed
 */
function pageOfSums(options: UsageSumsOptions, until: RawBuilder<unknown>) {
  const grouped = columns[options.groupBy];
  const pick = (name: (typeof grouped)[number], nothing: RawBuilder<unknown>) =>
    !grouped.includes(name)
      ? nothing
      : name === 'period_start' && options.groupBy === 'day'
        ? sql`date_trunc('day', period_start)`
        : sql.ref(name);
  // With a tenant filter the tenant is the same in every row and no part of the key.
  const tenantId = options.tenant === undefined ? pick('tenant_id', sql`NULL::text`) : sql`${tenantIn(options)}::text`;
  const kept = sql`${tenantId} AS tenant_id, ${pick('deployment_id', sql`NULL::uuid`)} AS deployment_id,
    ${pick('resource_id', sql`NULL::uuid`)} AS resource_id, ${pick('period_start', sql`NULL::timestamptz`)} AS period_start,
    ${pick('dimension', sql`''::text`)} AS dimension`;
  const summed = sql`kind, divisor, sum(unit_seconds) AS unit_seconds`;
  // A column that is the same in every row is no key: hashing it would cost as much as one that is not.
  const keys = grouped.filter((name) => name !== 'tenant_id' || options.tenant === undefined);
  const key = sql.join([...keys.map((name) => pick(name, sql``)), sql`kind`, sql`divisor`]);
  const facts = sql`SELECT ${kept}, ${summed}, count(*) AS records, false AS is_live FROM usage_records
    WHERE ${conditions(options, until)} GROUP BY ${key}`;
  const sums =
    options.live.length === 0
      ? facts
      : sql`
        SELECT tenant_id, deployment_id, resource_id, period_start, dimension, kind, divisor, sum(unit_seconds) AS unit_seconds,
          sum(records) AS records, bool_or(is_live) AS is_live
        FROM (
          ${facts}
          UNION ALL SELECT ${kept}, ${summed}, 0 AS records, true AS is_live
          FROM (${linesQuery(scopeOf(options))}) AS lines GROUP BY ${key}
        ) AS both_sums GROUP BY 1, 2, 3, 4, 5, 6, 7`;
  const after = options.after === null ? sql`` : sql`WHERE (k1, k2, k3, k4, k5) > (${sql.join(options.after)})`;
  // The first row has the terms of all: another statement would cost as much as the sum of a small tenant.
  const terms =
    options.termsAt === undefined
      ? sql`NULL::json`
      : sql`CASE WHEN row_number() OVER (ORDER BY k1, k2, k3, k4, k5) = 1 THEN (
        SELECT json_object_agg(deployment_id, json_build_object('items', items, 'addons', addons))
        FROM (${termsAt(sql`IN (SELECT deployment_id FROM page)`, options.termsAt)}) AS found) END`;
  const page = sql`parts AS (${sums}),
    rows AS (
      SELECT tenant_id, deployment_id, resource_id, period_start, kind, nullif(dimension, '') AS dimension,
        trim_scale(round(sum(unit_seconds::numeric(80, 24) / divisor), 12))::text AS quantity,
        string_agg(trim_scale(unit_seconds) || '/' || divisor, ' ' ORDER BY divisor) AS parts,
        sum(records)::int AS records, bool_or(is_live) AS is_live,
        coalesce(deployment_id::text, '') COLLATE "C" AS k1, coalesce(resource_id::text, '') COLLATE "C" AS k2,
        coalesce(to_char(period_start, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '') COLLATE "C" AS k3, kind COLLATE "C" AS k4,
        dimension COLLATE "C" AS k5
      FROM parts GROUP BY tenant_id, deployment_id, resource_id, period_start, kind, dimension
    ),
    page AS (SELECT * FROM rows ${after} ORDER BY k1, k2, k3, k4, k5 LIMIT ${options.limit})`;
  return { page, terms };
}

/** The sort key of a sum, as text. */
export const keyOfSum = ({ deployment_id, resource_id, period_start, kind, dimension }: UsageSum): string[] => [
  deployment_id ?? '',
  resource_id ?? '',
  period_start ?? '',
  kind,
  dimension ?? '',
];

const tenantIn = ({ groupBy, tenant }: UsageSumsOptions): string | null =>
  columns[groupBy].includes('tenant_id') ? (tenant ?? null) : null;

/** Every fact that the range touches. Only a range that begins within a day must separate days from hours, which no index holds. */
const touched = ({ from }: UsageSumsOptions, until: RawBuilder<unknown>): RawBuilder<unknown> => {
  const day = startOfDay(dayOf(from));
  const within = sql`period_start >= ${day.toString()}::timestamptz AND period_start < ${until}`;
  if (day.equals(from)) return within;
  return sql`${within} AND (granularity = 'daily' OR period_start >= ${startOfHour(from).toString()}::timestamptz)`;
};

const conditions = (options: UsageSumsOptions, until: RawBuilder<unknown>): RawBuilder<unknown> => {
  const { tenant, deployment, kind } = options;
  const all = [
    touched(options, until),
    ...(tenant === undefined ? [] : [sql`tenant_id = ${tenant}`]),
    ...(deployment === undefined ? [] : [sql`deployment_id = ${deployment}::uuid`]),
    ...(kind === undefined ? [] : [sql`kind = ${kind}`]),
  ];
  return sql.join(all, sql` AND `);
};

const scopeOf = ({ live, tenant, deployment }: UsageSumsOptions) => ({
  windows: live,
  ...(tenant === undefined ? {} : { tenant }),
  ...(deployment === undefined ? {} : { deployments: [deployment] }),
});
