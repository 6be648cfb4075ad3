import { type RawBuilder, sql } from 'kysely';
import type { Window } from '../../domain/days/windows.ts';

/** The tables to read states and reports from; a replay names its own. */
export type UsageSources = { states: string; reports: string; subjects: string };

export const liveSources: UsageSources = { states: 'states', reports: 'usage_reports', subjects: 'reading_subjects' };

export type LinesOptions = {
  windows: readonly Window[];
  /** Only these deployments; all by default. */
  deployments?: readonly string[];
  tenant?: string;
  sources?: UsageSources;
};

/**
 * The metering formula as a query: for every window the unit-seconds of each deployment, resource, kind and dimension ('': none),
 * as (deployment_id, tenant_id, resource_id, kind, dimension, period_start, divisor, unit_seconds, observations). Σ units × seconds
 * is exact: `extract(epoch)` of a difference of instants is a numeric with microseconds. A state that fills its window is the only
 * one of its resource, kind and dimension in it, so that most rows need no grouping; in a window that drops the dimension several
 * may come together. Reported quantities come in times the divisor, without a resource; a reading counts for the time in which
 * the thing it names is not observed itself. Unknown units (NULL) are no usage.
 */
export const linesQuery = ({
  windows,
  deployments,
  tenant,
  sources = liveSources,
}: LinesOptions): RawBuilder<unknown> => {
  const starts = windows.map(({ start }) => start).toSorted(Temporal.Instant.compare);
  const ends = windows.map(({ end }) => end).toSorted(Temporal.Instant.compare);
  const first = sql`${starts[0]?.toString() ?? 'infinity'}::timestamptz`;
  const last = sql`${ends.at(-1)?.toString() ?? '-infinity'}::timestamptz`;
  const scope = (alias: string) => {
    const of =
      deployments === undefined
        ? sql``
        : sql` AND ${sql.ref(`${alias}.deployment_id`)} = ANY (${[...deployments]}::uuid[])`;
    return tenant === undefined ? of : sql`${of} AND ${sql.ref(`${alias}.tenant_id`)} = ${tenant}`;
  };
  const states = sql.table(sources.states);
  const counting = sql`s.units > 0 AND s.deployment_id IS NOT NULL AND s.starts_at < ${last} AND s.ends_at > ${first}${scope('s')}`;
  return sql`
    WITH windows AS (
      SELECT *, extract(epoch FROM ends_at - starts_at) AS seconds FROM unnest(
        ${windows.map(({ start }) => start.toString())}::timestamptz[], ${windows.map(({ end }) => end.toString())}::timestamptz[],
        ${windows.map(({ kind }) => kind)}::text[], ${windows.map(({ divisor }) => divisor)}::int[],
        ${windows.map(({ dropsDimension }) => dropsDimension)}::boolean[]
      ) AS w (starts_at, ends_at, kind, divisor, drops_dimension)
    ),
    readings AS (
      SELECT q.tenant_id, q.deployment_id, q.kind, q.resource_id, r.time, r.until, r.quantity
      FROM ${sql.table(sources.subjects)} q CROSS JOIN LATERAL (
        SELECT one.time, one.quantity, lead(one.time, 1, 'infinity') OVER (ORDER BY one.time) AS until
        FROM (
          SELECT DISTINCT ON (u.time) u.time, u.quantity FROM ${sql.table(sources.reports)} u
          WHERE u.form = 'reading' AND u.deployment_id = q.deployment_id AND u.kind = q.kind AND u.subject = q.subject
            AND u.time < ${last} AND u.time >= coalesce((
              SELECT max(c.time) FROM ${sql.table(sources.reports)} c
              WHERE c.form = 'reading' AND c.deployment_id = q.deployment_id AND c.kind = q.kind AND c.subject = q.subject
                AND c.time <= ${first}), ${first})
          ORDER BY u.time, u.seq DESC
        ) AS one
      ) AS r
      WHERE true${scope('q')}
    ),
    reported AS (
      SELECT u.deployment_id, u.tenant_id, u.kind, w.starts_at AS period_start, w.divisor, u.quantity * w.divisor AS unit_seconds
      FROM ${sql.table(sources.reports)} u JOIN windows w ON w.kind = u.kind AND u.time >= w.starts_at AND u.time < w.ends_at
      WHERE u.form = 'usage' AND u.time >= ${first} AND u.time < ${last}${scope('u')}
      UNION ALL
      SELECT r.deployment_id, r.tenant_id, r.kind, w.starts_at, w.divisor,
        r.quantity * (extract(epoch FROM least(r.until, w.ends_at) - greatest(r.time, w.starts_at)) - coalesce((
          SELECT sum(extract(epoch FROM least(o.ends_at, r.until, w.ends_at) - greatest(o.starts_at, r.time, w.starts_at)))
          FROM (
            SELECT DISTINCT s.starts_at, s.ends_at FROM ${states} s
            WHERE s.resource_id = r.resource_id AND s.billing_kind = r.kind AND s.tenant_id = r.tenant_id AND s.units > 0
              AND s.starts_at < least(r.until, w.ends_at) AND s.ends_at > greatest(r.time, w.starts_at)
          ) AS o), 0))
      FROM readings r JOIN windows w ON w.kind = r.kind AND r.time < w.ends_at AND r.until > w.starts_at
    )
    SELECT s.deployment_id, s.tenant_id, s.resource_id, s.billing_kind AS kind, s.dimension, w.starts_at AS period_start, w.divisor,
      trim_scale(s.units * w.seconds) AS unit_seconds, ARRAY[s.revision] AS observations
    FROM ${states} s JOIN windows w ON w.kind = s.billing_kind AND s.starts_at <= w.starts_at AND s.ends_at >= w.ends_at
      AND NOT w.drops_dimension
    WHERE ${counting}
    UNION ALL
    SELECT s.deployment_id, max(s.tenant_id), s.resource_id, s.billing_kind, CASE WHEN w.drops_dimension THEN '' ELSE s.dimension END,
      w.starts_at, w.divisor,
      trim_scale(sum(s.units * extract(epoch FROM least(s.ends_at, w.ends_at) - greatest(s.starts_at, w.starts_at)))),
      array_agg(DISTINCT s.revision ORDER BY s.revision)
    FROM ${states} s JOIN windows w ON w.kind = s.billing_kind AND s.starts_at < w.ends_at AND s.ends_at > w.starts_at
      AND (w.drops_dimension OR NOT (s.starts_at <= w.starts_at AND s.ends_at >= w.ends_at))
    WHERE ${counting}
    GROUP BY s.deployment_id, s.resource_id, s.billing_kind, 5, w.starts_at, w.divisor
    UNION ALL
    SELECT deployment_id, max(tenant_id), NULL, kind, '', period_start, divisor, trim_scale(sum(unit_seconds)), '{}'
    FROM reported GROUP BY deployment_id, kind, period_start, divisor HAVING sum(unit_seconds) > 0`;
};
