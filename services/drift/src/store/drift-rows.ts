import { type Kysely, sql } from 'kysely';
import type { DriftRow, Tables } from './schema.ts';

export type SelectedDrift = DriftRow & {
  provider: string;
  resource_kind: string;
  provider_id: string;
  resource_name: string | null;
  cost: string | null;
  currency: string | null;
};

type DriftQuery = {
  driftId?: string | undefined;
  status?: DriftRow['status'] | undefined;
  kind?: DriftRow['kind'] | undefined;
  deploymentId?: string | undefined;
  resourceId?: string | undefined;
  /** The sort key of the last row of the page before: [detected_at, drift_id]. */
  after?: readonly string[] | null;
  limit: number;
};

/**
 * Rows, newest first, with their resource and the monthly cost of the difference: the list price of the actual size minus
 * that of the expected size, in the currency of the prices. `limit + 1` rows if there are more than `limit`.
 */
export async function selectDrift(db: Kysely<Tables>, query: DriftQuery): Promise<SelectedDrift[]> {
  const conditions = [
    query.driftId === undefined ? null : sql`row.drift_id = ${query.driftId}`,
    query.status === undefined ? null : sql`row.status = ${query.status}`,
    query.kind === undefined ? null : sql`row.kind = ${query.kind}`,
    query.deploymentId === undefined ? null : sql`row.deployment_id = ${query.deploymentId}`,
    query.resourceId === undefined ? null : sql`row.resource_id = ${query.resourceId}`,
    query.after
      ? sql`(row.detected_at, row.drift_id) < (${query.after[0]}::timestamptz, ${query.after[1]}::uuid)`
      : null,
  ].filter((condition) => condition !== null);
  const rows = await sql<SelectedDrift>`
    SELECT row.*, coalesce(desired.provider, live.provider) AS provider, coalesce(desired.kind, live.kind) AS resource_kind,
      coalesce(desired.provider_id, live.provider_id) AS provider_id, live.name AS resource_name,
      trim_scale(cost.amount)::text AS cost, coalesce(actual.currency, expected.currency) AS currency
    FROM cloud_drift AS row
    LEFT JOIN desired USING (resource_id)
    LEFT JOIN live USING (resource_id)
    LEFT JOIN LATERAL (
      SELECT CASE row.kind WHEN 'field' THEN row.actual #>> '{}' WHEN 'unmanaged' THEN row.actual ->> 'size_slug' END,
        CASE row.kind WHEN 'field' THEN row.expected #>> '{}' WHEN 'missing' THEN desired.spec ->> 'size_slug' END
      WHERE row.kind <> 'field' OR row.field = 'size_slug'
    ) AS size(actual, expected) ON true
    LEFT JOIN prices AS actual ON actual.provider = coalesce(desired.provider, live.provider) AND actual.size_slug = size.actual
    LEFT JOIN prices AS expected ON expected.provider = coalesce(desired.provider, live.provider) AND expected.size_slug = size.expected
    CROSS JOIN LATERAL (
      SELECT CASE
        WHEN size.actual IS NOT NULL AND actual.size_slug IS NULL OR size.expected IS NOT NULL AND expected.size_slug IS NULL THEN NULL
        WHEN size.actual IS NULL AND size.expected IS NULL THEN NULL
        ELSE coalesce(actual.price_monthly, 0) - coalesce(expected.price_monthly, 0)
      END
    ) AS cost(amount)
    ${conditions.length === 0 ? sql`` : sql`WHERE ${sql.join(conditions, sql` AND `)}`}
    ORDER BY row.detected_at DESC, row.drift_id DESC LIMIT ${query.limit + 1}`.execute(db);
  return rows.rows;
}
