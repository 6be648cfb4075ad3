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
  const { page, shown, order } = pageOfSums(options, sql`${options.to.toString()}::timestamptz`);
  // The range and the tenant decide how many facts are read, not how: the plan of a sum of facts alone is kept.
  const result = await sql<Row>`${options.live.length === 0 ? steady : sql``}
    WITH ${page}
    SELECT ${shown} FROM page ORDER BY ${order}`.execute(db);
  return sumsOf(result.rows, options);
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
  const { page, shown, order } = pageOfSums({ ...options, live: [] }, sql`(SELECT facts_until FROM counting)`);
  const [from, to] = [options.from.toString(), options.to.toString()];
  const result = await sql<Row & Counting>`${steady}
    WITH counting AS MATERIALIZED (
      SELECT is_whole, CASE WHEN is_whole THEN ${to}::timestamptz ELSE ${from}::timestamptz - interval '1 day' END AS facts_until
      FROM (SELECT ${areWhole(days)} AS is_whole) AS examined
    ),
    ${page}
    SELECT ${shown}, is_whole, ${inOneRow(countedKinds)} AS kinds
    FROM counting LEFT JOIN page ON true ORDER BY ${order}`.execute(db);
  const { isWhole, kindsOn } = countingOf(result.rows);
  const rows = result.rows.filter(({ kind }) => kind !== null);
  return { sums: isWhole ? sumsOf(rows, options) : null, kindsOn };
}

const areWhole = (days: Days) => {
  const [first, last] = [days?.first ?? null, days?.last ?? null];
  return sql<boolean>`coalesce(${last}::date - ${first}::date + 1, 0) <= (
    SELECT count(*) FROM metered_days WHERE day >= ${first}::date AND day <= ${last}::date
      AND accrued_until >= (day + 1)::timestamp AT TIME ZONE 'UTC')`;
};

/** Of rows of which one has the configuration. */
const countingOf = (rows: readonly Counting[]) => ({
  isWhole: rows[0]?.is_whole === true,
  kindsOn: kindsOnOf(rows.find(({ kinds }) => kinds !== null)?.kinds ?? []),
});

/** A value that concerns all rows, in one of them: another statement would cost as much as the sum of a small tenant. */
const inOneRow = (value: RawBuilder<unknown>) => sql`CASE WHEN row_number() OVER () = 1 THEN ${value} END`;

/**
 * A row as it is read: only the columns that the grouping has, and the parts as `unit_seconds/divisor`, divided by blanks. One row has
 * the terms of all.
 */
type Row = Partial<Pick<UsageSum, Column | 'is_live'>> &
  Pick<UsageSum, 'kind' | 'quantity' | 'records'> & { parts: string; terms: Record<string, Terms> | null };

const sumsOf = (rows: readonly Row[], options: Omit<UsageSumsOptions, 'live'>): UsageSums => {
  const tenantId = tenantIn(options);
  return {
    rows: rows.map((row) => ({
      tenant_id: row.tenant_id ?? tenantId,
      deployment_id: row.deployment_id ?? null,
      resource_id: row.resource_id ?? null,
      period_start: row.period_start ?? null,
      kind: row.kind,
      dimension: row.dimension || null,
      quantity: row.quantity,
      parts: row.parts.split(' ').map((part) => {
        const [unit_seconds = '', divisor = ''] = part.split('/');
        return { unit_seconds, divisor };
      }),
      records: row.records,
      is_live: row.is_live ?? false,
    })),
    terms: new Map(Object.entries(rows.find(({ terms }) => terms !== null)?.terms ?? {})),
  };
};

/** The columns that sums are sorted by, in this order, with their types; the kind is always one of them. Resources may be absent. */
const sortedBy = [
  { name: 'deployment_id', value: sql`deployment_id`, type: sql`uuid` },
  { name: 'resource_id', value: sql`coalesce(resource_id::text, '') COLLATE "C"`, type: sql`text` },
  { name: 'period_start', value: sql`period_start`, type: sql`timestamptz` },
  { name: 'kind', value: sql`kind COLLATE "C"`, type: sql`text` },
  { name: 'dimension', value: sql`dimension COLLATE "C"`, type: sql`text` },
] as const;

/**
 * The queries of a page, the last of which is `page`, its columns with the terms of all its deployments, and its order. A column that is
 * the same in every row is left out of grouping, sorting and output; including it took as long as the second step.
 * @param until the instant up to which facts are summed
 */
function pageOfSums(options: UsageSumsOptions, until: RawBuilder<unknown>) {
  // With a tenant filter the tenant is the same in every row.
  const grouped = columns[options.groupBy].filter((name) => name !== 'tenant_id' || options.tenant === undefined);
  const valueOf = (name: Column) =>
    name === 'period_start' && options.groupBy === 'day' ? sql`date_trunc('day', period_start)` : sql.ref(name);
  const named = (value: (name: Column) => RawBuilder<unknown>) =>
    sql.join([...grouped.map((name) => sql`${value(name)} AS ${sql.ref(name)}`), sql`kind`]);
  const keys = sql.join([...grouped.map((name) => sql.ref(name)), sql`kind`]);
  const summed = sql`${named(valueOf)}, divisor, sum(unit_seconds) AS unit_seconds`;
  const key = sql.join([...grouped.map(valueOf), sql`kind`, sql`divisor`]);
  const facts = sql`FROM usage_records WHERE ${conditions(options, until)} GROUP BY ${key}`;
  const hasLive = options.live.length > 0;
  const sums = hasLive
    ? sql`
        SELECT ${keys}, divisor, sum(unit_seconds) AS unit_seconds, sum(records) AS records, bool_or(is_live) AS is_live
        FROM (
          SELECT ${summed}, count(*) AS records, false AS is_live ${facts}
          UNION ALL SELECT ${summed}, 0, true FROM (${linesQuery(scopeOf(options))}) AS lines GROUP BY ${key}
        ) AS both_sums GROUP BY ${keys}, divisor`
    : sql`SELECT ${summed}, count(*) AS records ${facts}`;
  const sorted = [...sortedBy.entries()].filter(([, { name }]) => name === 'kind' || grouped.includes(name));
  const order = sql.join(sorted.map(([, { value }]) => value));
  const last = options.after;
  const after =
    last === null
      ? sql``
      : sql`WHERE (${order}) > (${sql.join(sorted.map(([place, { type }]) => sql`${last[place]}::${type}`))})`;
  // Planned together with the page, the facts would be sorted instead of hashed: without the dates Postgres expects few of them.
  const page = sql`parts AS MATERIALIZED (${sums}),
    page AS MATERIALIZED (
      SELECT ${keys}, trim_scale(round(sum(unit_seconds::numeric(80, 24) / divisor), 12))::text AS quantity,
        string_agg(trim_scale(unit_seconds) || '/' || divisor, ' ' ORDER BY divisor) AS parts,
        sum(records)::int AS records${hasLive ? sql`, bool_or(is_live) AS is_live` : sql``}
      FROM parts ${after} GROUP BY ${keys} ORDER BY ${order} LIMIT ${options.limit}
    )`;
  const terms =
    options.termsAt === undefined
      ? sql`NULL::json`
      : inOneRow(sql`(SELECT json_object_agg(deployment_id, json_build_object('items', items, 'addons', addons))
          FROM (${termsAt(sql`IN (SELECT deployment_id FROM page)`, options.termsAt)}) AS found)`);
  return { page, shown: sql`page.*, ${terms} AS terms`, order };
}

/** The sort key of a sum, as text. */
export const keyOfSum = ({ deployment_id, resource_id, period_start, kind, dimension }: UsageSum): string[] => [
  deployment_id ?? '',
  resource_id ?? '',
  period_start ?? '',
  kind,
  dimension ?? '',
];

/** The tenant of all rows; null if they are not grouped by tenant, or not filtered. */
const tenantIn = ({ groupBy, tenant }: Pick<UsageSumsOptions, 'groupBy' | 'tenant'>): string | null =>
  columns[groupBy].includes('tenant_id') ? (tenant ?? null) : null;

/**
 * Every fact that the range touches. Only a range that begins within a day must separate days from hours, which no index holds. The start
 * is a subquery, so that a plan for its value cannot leave out partitions that the kept plan has; otherwise Postgres would find such a plan
 * cheaper and plan every execution anew.
 */
const touched = ({ from }: UsageSumsOptions, until: RawBuilder<unknown>): RawBuilder<unknown> => {
  const day = startOfDay(dayOf(from));
  const within = sql`period_start >= (SELECT ${day.toString()}::timestamptz) AND period_start < ${until}`;
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
