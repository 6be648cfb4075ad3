import type { EventData, metering, Period } from '@arcadia/contracts';
import { ensureMonthPartitionsBetween, steady } from '@arcadia/platform';
import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely';
import type { UsageSum } from '../../domain/rating/terms.ts';
import type { Db } from '../schema.ts';

export type ReceivedFact = { data: EventData<typeof metering.usageAccrued>; id: string; stream: string; seq: number };

/** Creates the partitions of the months that facts belong to; facts may be of any month. */
const ensureMonths = async (db: Db, months: ReadonlySet<string>): Promise<void> => {
  for (const month of months) {
    const at = Temporal.Instant.from(`${month}-01T00:00:00Z`);
    await ensureMonthPartitionsBetween(db, { table: 'usage_facts', from: at, to: at });
  }
};

/** Keeps facts as they were published. A known revision changes nothing; which revision replaces which is computed again. */
export const insertFacts = async (db: Db, facts: readonly ReceivedFact[]): Promise<void> => {
  if (facts.length === 0) return;
  await ensureMonths(db, new Set(facts.map(({ data }) => data.period_start.slice(0, 7))));
  const column = <T>(pick: (fact: ReceivedFact['data']) => T): T[] => facts.map(({ data }) => pick(data));
  await sql`
    INSERT INTO usage_facts (period, tenant_id, deployment_id, day, granularity, period_start, period_end, revision, close_revision,
      hash, kinds, divisors, dimensions, unit_seconds, lines, event_id, stream, seq)
    SELECT f.period, f.tenant_id, f.deployment_id, (f.period_start AT TIME ZONE 'UTC')::date, f.granularity, f.period_start, f.period_end,
      f.revision, f.close_revision, f.hash, s.kinds, s.divisors, s.dimensions, s.unit_seconds, f.lines, f.event_id, f.stream, f.seq
    FROM unnest(
      ${column((f) => f.period)}::text[], ${column((f) => f.tenant_id)}::text[], ${column((f) => f.deployment_id)}::uuid[],
      ${column((f) => f.granularity)}::text[], ${column((f) => f.period_start)}::timestamptz[], ${column((f) => f.period_end)}::timestamptz[],
      ${column((f) => f.revision)}::int[], ${column((f) => f.close_revision)}::int[], ${column((f) => f.hash)}::text[],
      ${column((f) => JSON.stringify(f.lines))}::jsonb[], ${facts.map(({ id }) => id)}::uuid[], ${facts.map(({ stream }) => stream)}::text[],
      ${facts.map(({ seq }) => seq)}::bigint[]
    ) AS f(period, tenant_id, deployment_id, granularity, period_start, period_end, revision, close_revision, hash, lines, event_id, stream, seq)
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(kind ORDER BY kind, divisor, dimension), '{}') AS kinds,
        coalesce(array_agg(divisor ORDER BY kind, divisor, dimension), '{}') AS divisors,
        CASE WHEN count(dimension) > 0 THEN array_agg(dimension ORDER BY kind, divisor, dimension) END AS dimensions,
        coalesce(array_agg(total ORDER BY kind, divisor, dimension), '{}') AS unit_seconds
      FROM (
        SELECT line ->> 'kind' AS kind, (line ->> 'divisor')::numeric AS divisor, line ->> 'dimension' AS dimension,
          sum((line ->> 'unit_seconds')::numeric) AS total
        FROM jsonb_array_elements(f.lines) AS line GROUP BY 1, 2, 3
      ) AS summed
    ) AS s
    ORDER BY f.tenant_id, f.deployment_id, f.period_start, f.revision
    ON CONFLICT DO NOTHING`.execute(db);
  await supersede(db, facts);
  await sql`INSERT INTO usage_revisions AS r (tenant_id, revision)
    SELECT DISTINCT tenant_id, 1 FROM unnest(${column((f) => f.tenant_id)}::text[]) AS changed(tenant_id) ORDER BY 1
    ON CONFLICT (tenant_id) DO UPDATE SET revision = r.revision + 1`.execute(db);
};

const supersede = async (db: Db, facts: readonly ReceivedFact[]): Promise<void> => {
  const column = <T>(pick: (fact: ReceivedFact['data']) => T): T[] => facts.map(({ data }) => pick(data));
  await sql`
    UPDATE usage_facts f SET superseded_at = n.next
    FROM (
      SELECT tenant_id, deployment_id, day, period_start, granularity, revision,
        lead(close_revision) OVER (PARTITION BY tenant_id, deployment_id, day, period_start, granularity ORDER BY revision) AS next
      FROM usage_facts JOIN (
        SELECT DISTINCT tenant_id, deployment_id, (period_start AT TIME ZONE 'UTC')::date AS day, period_start, granularity FROM unnest(
          ${column((f) => f.tenant_id)}::text[], ${column((f) => f.deployment_id)}::uuid[], ${column((f) => f.period_start)}::timestamptz[],
          ${column((f) => f.granularity)}::text[]) AS k(tenant_id, deployment_id, period_start, granularity)
      ) AS touched USING (tenant_id, deployment_id, day, period_start, granularity)
    ) AS n
    WHERE n.next IS NOT NULL AND f.superseded_at IS DISTINCT FROM n.next
      AND (f.tenant_id, f.deployment_id, f.day, f.period_start, f.granularity, f.revision)
        = (n.tenant_id, n.deployment_id, n.day, n.period_start, n.granularity, n.revision)`.execute(db);
};

/** The facts that count: those in force at a close, or those in force now. */
export type AsOf = { closeRevision: number | 'now' };

export const inForce = ({ closeRevision }: AsOf) =>
  closeRevision === 'now'
    ? sql`f.superseded_at IS NULL`
    : sql`f.close_revision <= ${closeRevision} AND (f.superseded_at IS NULL OR f.superseded_at > ${closeRevision})`;

export const daysOfPeriod = (period: Period) =>
  sql`f.day >= ${`${period}-01`}::date AND f.day < (${`${period}-01`}::date + interval '1 month')::date AND f.period = ${period}`;

/** The same for a prepared statement: with its days in the text, one that is planned for any tenant knows how many rows to expect. */
const daysOfThisPeriod = (period: Period) =>
  sql`f.day >= ${sql.lit(`${period}-01`)}::date AND f.day < (${sql.lit(`${period}-01`)}::date + interval '1 month')::date
    AND f.period = ${sql.lit(period)}`;

export type DeploymentUsage = UsageSum & { deployment_id: string };

/** A range of days over which the terms of a deployment do not change; without a range, usage is summed over the whole month. */
export type Range = { deployment_id: string; from: string; until: string };

/** Usage by deployment, kind, dimension and range (of the kinds in `kindsByDay`, by day), exact, in no order. */
export const sumUsage = async (
  db: QueryExecutorProvider,
  wanted: {
    tenantId: string;
    period: Period;
    asOf: AsOf;
    ranges: readonly Range[];
    kindsByDay: readonly string[];
    deploymentId?: string | undefined;
  },
): Promise<DeploymentUsage[]> => {
  const { ranges, kindsByDay } = wanted;
  const isWhole = ranges.length === 0 && kindsByDay.length === 0;
  const isOfTenant = isWhole && wanted.deploymentId === undefined;
  const first = isOfTenant ? sql`${sql.lit(`${wanted.period}-01`)}::date` : sql`${`${wanted.period}-01`}::date`;
  const ofDay = (day: RawBuilder<unknown>, range: RawBuilder<unknown>) =>
    kindsByDay.length === 0 ? range : sql`CASE WHEN s.kind = ANY(${kindsByDay}::text[]) THEN ${day} ELSE ${range} END`;
  const from = sql`coalesce(${ofDay(sql`s.day`, sql`s.range_from`)}, ${first})`;
  const until = sql`coalesce(${ofDay(sql`s.day + 1`, sql`s.range_until`)}, (${first} + interval '1 month')::date)`;
  // Planned without the dates it would take a month for a row or two, and sort it instead of hashing it. The span of a whole month is
  // no key of the groups: it is the same for all, and would be hashed for each of them.
  const { rows } = await sql<
    Omit<DeploymentUsage, 'dimension'> & { dimension: string | null }
  >`${isOfTenant ? steady : sql``}
    SELECT s.deployment_id, s.kind, s.dimension, trim_scale(sum(s.unit_seconds))::text AS unit_seconds, trim_scale(s.divisor)::text AS divisor,
      ${isWhole ? sql`${first} AS from, (${first} + interval '1 month')::date AS until` : sql`${from} AS from, ${until} AS until`}
    FROM (
      SELECT f.deployment_id, ${kindsByDay.length === 0 ? sql`` : sql`f.day,`} ${isWhole ? sql`` : sql`${rangeOfDay(ranges)},`} unnest(f.kinds) AS kind,
        unnest(f.divisors) AS divisor, unnest(f.dimensions) AS dimension, unnest(f.unit_seconds) AS unit_seconds
      FROM usage_facts f ${joinRanges(ranges)}
      WHERE f.tenant_id = ${wanted.tenantId} AND ${isOfTenant ? daysOfThisPeriod(wanted.period) : daysOfPeriod(wanted.period)}
        AND ${inForce(wanted.asOf)}
        AND ${wanted.deploymentId === undefined ? sql`true` : sql`f.deployment_id = ${wanted.deploymentId}`}
    ) AS s
    GROUP BY s.deployment_id, s.kind, s.dimension, s.divisor${isWhole ? sql`` : sql`, 6, 7`}`.execute(db);
  return rows.map(({ dimension, ...row }) => (dimension === null ? row : { ...row, dimension }));
};

export const rangeOfDay = (ranges: readonly Range[]) =>
  ranges.length === 0 ? sql`NULL::date AS range_from, NULL::date AS range_until` : sql`r.range_from, r.range_until`;

export const joinRanges = (ranges: readonly Range[]) =>
  ranges.length === 0
    ? sql``
    : sql`LEFT JOIN unnest(${ranges.map((r) => r.deployment_id)}::uuid[], ${ranges.map((r) => r.from)}::date[], ${ranges.map((r) => r.until)}::date[])
        AS r(deployment_id, range_from, range_until) ON r.deployment_id = f.deployment_id AND f.day >= r.range_from AND f.day < r.range_until`;

/**
 * Number and hash of a tenant's facts as they counted at a close (`metering.factsHash` of version `factsHashVersion`), as a query. They are joined in the order
 * of the primary key, which a uuid has in common with its text, so nothing is sorted.
 */
export const factsAtClose = (wanted: { tenantId: string; period: Period; closeRevision: number }) => sql`
  SELECT count(*)::int AS facts, encode(sha256(convert_to(coalesce(string_agg(
    f.deployment_id::text || ' ' || (f.period_start AT TIME ZONE 'UTC')::text || ' ' || f.granularity || ' ' || f.revision::text || ' ' || f.hash,
    E'\\n' ORDER BY f.deployment_id, f.day, f.period_start, f.granularity), ''), 'UTF8')), 'hex') AS hash
  FROM usage_facts f
  WHERE f.tenant_id = ${wanted.tenantId} AND ${daysOfPeriod(wanted.period)} AND ${inForce(wanted)}`;

/** A tenant's facts as they counted at a close, for a hash of another version. */
export const factIdentitiesAtClose = async (
  db: Db,
  wanted: { tenantId: string; period: Period; closeRevision: number },
): Promise<metering.FactIdentity[]> => {
  const { rows } = await sql<metering.FactIdentity>`
    SELECT f.deployment_id, f.period_start, f.granularity, f.revision, f.hash
    FROM usage_facts f
    WHERE f.tenant_id = ${wanted.tenantId} AND ${daysOfPeriod(wanted.period)} AND ${inForce(wanted)}`.execute(db);
  return rows.map((row) => ({ ...row, period_start: Temporal.Instant.from(row.period_start).toString() }));
};

/**
 * Records the fact revisions that the adjustments of an invoice rest on. Those of its own month are the ones that counted at its
 * close (`factsOfLine`); of a month that it adjusts, more may arrive before the next close.
 */
export const noteAdjustedFacts = async (
  db: Db,
  adjusted: { invoiceId: string; tenantId: string; periods: readonly Period[] },
): Promise<void> => {
  for (const period of adjusted.periods) {
    await sql`
      INSERT INTO invoice_facts (invoice_id, period, deployment_id, starts, granularities, revisions)
      SELECT ${adjusted.invoiceId}, ${period}, f.deployment_id, array_agg(f.period_start ORDER BY f.day, f.period_start, f.granularity),
        array_agg(f.granularity ORDER BY f.day, f.period_start, f.granularity), array_agg(f.revision ORDER BY f.day, f.period_start, f.granularity)
      FROM usage_facts f
      WHERE f.tenant_id = ${adjusted.tenantId} AND ${daysOfPeriod(period)} AND ${inForce({ closeRevision: 'now' })}
      GROUP BY f.deployment_id`.execute(db);
  }
};

/** The end of the last day or hour of a month with known usage of a tenant; null if there is none. */
export const usageUntil = async (db: Db, wanted: { tenantId: string; period: Period }): Promise<string | null> => {
  const { rows } = await sql<{ until: string | null }>`${steady}SELECT max(f.period_end) AS until FROM usage_facts f
    WHERE f.tenant_id = ${wanted.tenantId} AND ${daysOfPeriod(wanted.period)}`.execute(db);
  return rows[0]?.until ?? null;
};
