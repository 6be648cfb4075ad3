import { type EventData, type metering, type Period, periodInterval } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

export type ManifestTenant = EventData<typeof metering.periodClosed>['tenants'][number];

/**
 * Sums of a period's facts per tenant, counted and hashed inside Postgres. A tenant that is subscribed but used nothing has no
 * facts. The hash is the contract's `factsHash` of version `factsHashVersion`.
 */
export async function manifestOf(db: Kysely<Tables>, period: Period): Promise<ManifestTenant[]> {
  const { start, end } = periodInterval(period);
  const from = sql`${start.toString()}::timestamptz`;
  const to = sql`${end.toString()}::timestamptz`;
  const result = await sql<ManifestTenant>`
    WITH facts AS (
      SELECT tenant_id, count(*)::int AS facts,
        encode(sha256(convert_to(string_agg(
          concat_ws(' ', deployment_id, period_start AT TIME ZONE 'UTC', granularity, revision, hash),
          E'\\n' ORDER BY deployment_id, period_start, granularity COLLATE "C"), 'UTF8')), 'hex') AS hash
      FROM accruals WHERE period_start >= ${from} AND period_start < ${to}
      GROUP BY tenant_id
    ),
    sums AS (
      SELECT tenant_id, json_agg(json_build_object('kind', kind, 'unit_seconds', unit_seconds::text, 'divisor', divisor::text)
        ORDER BY kind COLLATE "C", divisor) AS sums
      FROM (
        SELECT tenant_id, kind, divisor, trim_scale(sum(unit_seconds)) AS unit_seconds
        FROM usage_records WHERE period_start >= ${from} AND period_start < ${to}
        GROUP BY tenant_id, kind, divisor
      ) AS summed GROUP BY tenant_id
    ),
    used AS (SELECT DISTINCT deployment_id FROM accruals WHERE period_start >= ${from} AND period_start < ${to}),
    deployed AS (
      SELECT tenant_id, json_agg(json_build_object('deployment_id', deployment_id, 'revision', revision) ORDER BY deployment_id) AS deployments
      FROM deployments JOIN used USING (deployment_id) GROUP BY tenant_id
    ),
    subscribed AS (
      SELECT tenant_id, json_agg(json_build_object('subscription_id', subscription_id, 'revision', revision) ORDER BY subscription_id) AS subscriptions
      FROM (
        SELECT DISTINCT ON (subscription_id) * FROM subscriptions ORDER BY subscription_id, revision DESC
      ) AS latest
      WHERE starts_at < ${to} AND (ends_at IS NULL OR ends_at > ${from})
      GROUP BY tenant_id
    )
    SELECT tenant_id, coalesce(f.facts, 0) AS facts, coalesce(s.sums, '[]') AS sums,
      coalesce(f.hash, encode(sha256(''), 'hex')) AS hash, coalesce(d.deployments, '[]') AS deployments,
      coalesce(b.subscriptions, '[]') AS subscriptions
    FROM facts f LEFT JOIN sums s USING (tenant_id) LEFT JOIN deployed d USING (tenant_id) FULL JOIN subscribed b USING (tenant_id)
    ORDER BY tenant_id COLLATE "C"`.execute(db);
  return result.rows;
}
