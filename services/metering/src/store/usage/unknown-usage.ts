import type { Interval } from '@arcadia/contracts';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { UnknownReason } from '../../domain/usage/unknown-usage.ts';
import type { Tables } from '../schema.ts';

type Session = Kysely<Tables>;

export type UnknownOptions = Interval & { tenant?: string; deployment?: string; kind?: string };

export type UnknownRow = {
  tenant_id: string;
  deployment_id: string;
  resource_id: string;
  resource_name: string;
  kind: string;
  dimension: string | null;
  from: string;
  until: string;
  reason: UnknownReason;
  metered_from: string;
};

/**
 * The times within an interval in which an owned resource was used in an unknown quantity: its state has units that are NULL
 * while its kind is metered, or its kind was not metered yet. Where no unit of the kind is observed, the time from the first
 * reading of the resource on is known.
 */
const unknownTimes = ({ start, end, tenant, deployment, kind }: UnknownOptions): RawBuilder<unknown> => {
  const span = sql`tstzrange(${start.toString()}::timestamptz, ${end.toString()}::timestamptz)`;
  const scope = sql.join(
    [
      sql`s.deployment_id IS NOT NULL AND s.starts_at < upper(${span}) AND s.ends_at > lower(${span})`,
      ...(tenant === undefined ? [] : [sql`s.tenant_id = ${tenant}`]),
      ...(deployment === undefined ? [] : [sql`s.deployment_id = ${deployment}::uuid`]),
      ...(kind === undefined ? [] : [sql`s.billing_kind = ${kind}`]),
    ],
    sql` AND `,
  );
  const group = sql`s.tenant_id, s.deployment_id, s.resource_id, s.billing_kind, s.dimension`;
  return sql`
    WITH config AS (
      SELECT kind, is_enabled, effective_from::timestamp AT TIME ZONE 'UTC' AS starts_at,
        coalesce(lead(effective_from) OVER (PARTITION BY kind ORDER BY revision)::timestamp AT TIME ZONE 'UTC', 'infinity') AS ends_at
      FROM metering_config
    ),
    metered AS (
      SELECT kind, min(starts_at) AS metered_from,
        coalesce(range_agg(tstzrange(starts_at, greatest(starts_at, ends_at))) FILTER (WHERE is_enabled), '{}') AS times
      FROM config GROUP BY kind
    ),
    unknown AS (
      SELECT ${group}, 'quantity-unknown' AS reason, m.metered_from,
        range_agg(tstzrange(s.starts_at, s.ends_at) * ${span}) * m.times AS times
      FROM states s JOIN metered m ON m.kind = s.billing_kind
      WHERE s.units IS NULL AND ${scope}
      GROUP BY ${group}, m.metered_from, m.times
      UNION ALL
      SELECT ${group}, 'not-metered-yet', m.metered_from,
        range_agg(tstzrange(s.starts_at, least(s.ends_at, m.metered_from)) * ${span})
      FROM states s JOIN metered m ON m.kind = s.billing_kind AND s.starts_at < m.metered_from AND m.metered_from > lower(${span})
      WHERE (s.units > 0 OR s.units IS NULL) AND ${scope}
      GROUP BY ${group}, m.metered_from
    )
    SELECT u.tenant_id, u.deployment_id, u.resource_id, u.billing_kind AS kind, u.dimension, u.reason, u.metered_from,
      lower(t) AS starts_at, upper(t) AS ends_at
    FROM unknown u CROSS JOIN LATERAL (
      SELECT coalesce(range_agg(tstzrange(first.time, 'infinity')), '{}') AS times
      FROM reading_subjects q CROSS JOIN LATERAL (
        SELECT min(r.time) AS time FROM usage_reports r
        WHERE r.form = 'reading' AND r.deployment_id = q.deployment_id AND r.kind = q.kind AND r.subject = q.subject
      ) AS first
      WHERE u.reason = 'quantity-unknown' AND q.resource_id = u.resource_id AND q.kind = u.billing_kind AND q.tenant_id = u.tenant_id
    ) AS reading CROSS JOIN LATERAL (
      SELECT coalesce(range_agg(tstzrange(o.starts_at, o.ends_at)), '{}') AS times FROM states o
      WHERE reading.times <> '{}' AND o.resource_id = u.resource_id AND o.billing_kind = u.billing_kind AND o.tenant_id = u.tenant_id
        AND o.units > 0
    ) AS observed CROSS JOIN LATERAL unnest(u.times - (reading.times - observed.times)) AS t`;
};

export type UnknownPage = UnknownOptions & {
  limit: number;
  /** Deployment, resource, kind, dimension and start of the last row of the page before. */
  after: readonly string[] | null;
};

/** Unknown usage, by deployment, resource, kind, dimension and time. */
export async function pageOfUnknownUsage(
  db: Session,
  { limit, after, ...options }: UnknownPage,
): Promise<UnknownRow[]> {
  const order = sql`u.deployment_id, u.resource_id, u.kind COLLATE "C", u.dimension, u.starts_at`;
  const next =
    after === null
      ? sql`true`
      : sql`(${order}) > (${after[0]}::uuid, ${after[1]}::uuid, ${after[2]}, ${after[3]}, ${after[4]}::timestamptz)`;
  const result = await sql<UnknownRow>`
    SELECT u.tenant_id, u.deployment_id, u.resource_id,
      (SELECT o.name FROM observations o WHERE o.resource_id = u.resource_id ORDER BY o.revision DESC LIMIT 1) AS resource_name,
      u.kind, nullif(u.dimension, '') AS dimension, u.starts_at AS from, u.ends_at AS until, u.reason,
      to_char(u.metered_from, 'YYYY-MM-DD') AS metered_from
    FROM (${unknownTimes(options)}) AS u WHERE ${next} ORDER BY ${order} LIMIT ${limit}`.execute(db);
  return result.rows;
}

/** The number of resources with unknown usage in an interval. */
export async function countUnknownResources(db: Session, options: UnknownOptions): Promise<number> {
  const result = await sql<{ resources: number }>`
    SELECT count(DISTINCT resource_id)::int AS resources FROM (${unknownTimes(options)}) AS u`.execute(db);
  return result.rows[0]?.resources ?? 0;
}
