import { type Period, periodInterval } from '@arcadia/contracts';
import { type RawBuilder, sql } from 'kysely';
import type { UsageSum } from '../../domain/rating/terms.ts';
import type { Db } from '../schema.ts';
import { isSubscribedWithin } from '../subscriptions/subscribed-within.ts';
import { deploymentName } from '../tenants/deployments.ts';

/** Whether rating finds a subscription on a UTC day. */
const isSubscribedOn = (deployment: RawBuilder<unknown>, day: RawBuilder<unknown>) =>
  isSubscribedWithin(deployment, {
    from: sql`${day}::timestamp AT TIME ZONE 'UTC'`,
    until: sql`(${day} + 1)::timestamp AT TIME ZONE 'UTC'`,
  });

/** Whether no single subscription of a deployment covers a span, so that its days have to be looked at one by one. */
const isOpenWithin = (
  deployment: RawBuilder<unknown>,
  from: RawBuilder<unknown>,
  until: RawBuilder<unknown>,
) => sql`NOT EXISTS (
  SELECT FROM subscriptions s WHERE s.deployment_id = ${deployment} AND s.starts_at <= ${from} AND (s.ends_at IS NULL OR s.ends_at >= ${until}))`;

/** Usage of a kind by a deployment in a month, and the part of it on days without a subscription; both in unit-seconds. */
export type UnpaidShare = {
  period: Period;
  deployment_id: string;
  kind: string;
  unpaid: string;
  whole: string;
};

/** The usage on days without a subscription, of the deployments that the provider's invoices of a span of months charge for. */
export const unpaidShares = async (db: Db, range: { from: Period; to: Period }): Promise<UnpaidShare[]> => {
  const { rows } = await sql<UnpaidShare>`
    WITH billed AS (
      SELECT DISTINCT p.period, c.tenant_id, c.deployment_id, (p.period || '-01')::date AS first,
        ((p.period || '-01')::date + interval '1 month')::date AS after
      FROM provider_invoices p JOIN provider_costs c USING (invoice_uuid, revision)
      WHERE p.period BETWEEN ${range.from} AND ${range.to} AND c.deployment_id IS NOT NULL
    )
    SELECT b.period, b.deployment_id, u.kind, trim_scale(sum(u.unit_seconds) FILTER (WHERE NOT u.is_subscribed))::text AS unpaid,
      trim_scale(sum(u.unit_seconds))::text AS whole
    FROM billed b CROSS JOIN LATERAL (
      SELECT unnest(f.kinds) AS kind, unnest(f.unit_seconds) AS unit_seconds, ${isSubscribedOn(sql`b.deployment_id`, sql`f.day`)} AS is_subscribed
      FROM usage_facts f
      WHERE f.tenant_id = b.tenant_id AND f.deployment_id = b.deployment_id AND f.day >= b.first AND f.day < b.after
        AND f.period = b.period AND f.superseded_at IS NULL
    ) u
    WHERE ${isOpenWithin(sql`b.deployment_id`, sql`b.first::timestamp AT TIME ZONE 'UTC'`, sql`b.after::timestamp AT TIME ZONE 'UTC'`)}
    GROUP BY 1, 2, 3
    HAVING sum(u.unit_seconds) FILTER (WHERE NOT u.is_subscribed) > 0`.execute(db);
  return rows;
};

/** Usage of a deployment on days without a subscription, by kind, size and resource. */
export type UnpaidUsage = UsageSum & {
  tenant_id: string;
  deployment_id: string;
  name: string;
  state: string;
  /** UTC days with such usage. */
  days: number;
};

type Row = Omit<UnpaidUsage, 'dimension' | 'resource_id' | 'running_seconds'> & {
  dimension: string | null;
  resource_id: string | null;
  running_seconds: string | null;
};

/** The usage of a month on days without a subscription, of one tenant (null: of all), ordered by tenant, deployment and kind. */
export const unpaidUsage = async (
  db: Db,
  wanted: { period: Period; tenantId: string | null },
): Promise<UnpaidUsage[]> => {
  const { start, end } = periodInterval(wanted.period);
  const [from, until] = [sql`${start.toString()}::timestamptz`, sql`${end.toString()}::timestamptz`];
  const { rows } = await sql<Row>`
    SELECT d.tenant_id, d.deployment_id, ${deploymentName} AS name, d.state, line ->> 'kind' AS kind, line ->> 'dimension' AS dimension,
      line ->> 'resource_id' AS resource_id, trim_scale((line ->> 'divisor')::numeric)::text AS divisor, min(f.day) AS from,
      max(f.day) + 1 AS until, count(DISTINCT f.day)::int AS days, trim_scale(sum((line ->> 'unit_seconds')::numeric))::text AS unit_seconds,
      CASE WHEN line ->> 'resource_id' IS NOT NULL THEN trim_scale(sum(least((line ->> 'unit_seconds')::numeric,
        extract(epoch FROM f.period_end - f.period_start))))::text END AS running_seconds
    FROM deployments d CROSS JOIN LATERAL (
      SELECT * FROM usage_facts f WHERE f.tenant_id = d.tenant_id AND f.deployment_id = d.deployment_id AND f.period = ${wanted.period}
        AND f.day >= ${`${wanted.period}-01`}::date AND f.day < (${`${wanted.period}-01`}::date + interval '1 month')::date
        AND f.superseded_at IS NULL AND NOT ${isSubscribedOn(sql`d.deployment_id`, sql`f.day`)}
    ) f CROSS JOIN LATERAL jsonb_array_elements(f.lines) AS line
    WHERE (${wanted.tenantId}::text IS NULL OR d.tenant_id = ${wanted.tenantId}) AND ${isOpenWithin(sql`d.deployment_id`, from, until)}
      AND (line ->> 'unit_seconds')::numeric > 0
    GROUP BY d.tenant_id, d.deployment_id, d.display_name, d.slug, d.state, 5, 6, 7, (line ->> 'divisor')::numeric
    ORDER BY d.tenant_id, d.deployment_id, 5, 6, 7, (line ->> 'divisor')::numeric`.execute(db);
  return rows.map(({ dimension, resource_id, running_seconds, ...row }) => ({
    ...row,
    ...(dimension === null ? {} : { dimension }),
    ...(resource_id === null ? {} : { resource_id }),
    ...(running_seconds === null ? {} : { running_seconds }),
  }));
};
