import { type Kysely, sql, type Transaction } from 'kysely';
import type { DriftRow, Schema } from './schema.ts';

type Db = Kysely<Schema> | Transaction<Schema>;

export type ShownDrift = DriftRow & {
  provider: string;
  resource_kind: string;
  provider_id: string;
  resource_name: string | null;
  cost: string | null;
  currency: string | null;
};

export type Asked = {
  driftId?: string | undefined;
  status?: DriftRow['status'] | undefined;
  kind?: DriftRow['kind'] | undefined;
  deploymentId?: string | undefined;
  resourceId?: string | undefined;
  before?: readonly [detectedAt: string, driftId: string] | null;
  limit: number;
};

/**
 * Rows, newest first, with the resource they are about and what the difference costs a month: the price of the size it has
 * less the price of the size it ought to have. One row more than asked for when there are more.
 */
export async function shownDrift(db: Db, asked: Asked): Promise<ShownDrift[]> {
  const given = [
    asked.driftId === undefined ? null : sql`row.drift_id = ${asked.driftId}`,
    asked.status === undefined ? null : sql`row.status = ${asked.status}`,
    asked.kind === undefined ? null : sql`row.kind = ${asked.kind}`,
    asked.deploymentId === undefined ? null : sql`row.deployment_id = ${asked.deploymentId}`,
    asked.resourceId === undefined ? null : sql`row.resource_id = ${asked.resourceId}`,
    asked.before
      ? sql`(row.detected_at, row.drift_id) < (${asked.before[0]}::timestamptz, ${asked.before[1]}::uuid)`
      : null,
  ].filter((condition) => condition !== null);
  const rows = await sql<ShownDrift>`
    SELECT row.*, coalesce(desired.provider, live.provider) AS provider, coalesce(desired.kind, live.kind) AS resource_kind,
      coalesce(desired.provider_id, live.provider_id) AS provider_id, live.name AS resource_name,
      trim_scale(cost.amount)::text AS cost, coalesce(has.currency, ought.currency) AS currency
    FROM cloud_drift AS row
    LEFT JOIN desired USING (resource_id)
    LEFT JOIN live USING (resource_id)
    LEFT JOIN LATERAL (
      SELECT CASE row.kind WHEN 'field' THEN row.actual #>> '{}' WHEN 'unmanaged' THEN row.actual ->> 'size_slug' END,
        CASE row.kind WHEN 'field' THEN row.expected #>> '{}' WHEN 'missing' THEN desired.spec ->> 'size_slug' END
      WHERE row.kind <> 'field' OR row.field = 'size_slug'
    ) AS size(has, ought) ON true
    LEFT JOIN prices AS has ON has.provider = coalesce(desired.provider, live.provider) AND has.size_slug = size.has
    LEFT JOIN prices AS ought ON ought.provider = coalesce(desired.provider, live.provider) AND ought.size_slug = size.ought
    CROSS JOIN LATERAL (
      SELECT CASE
        WHEN size.has IS NOT NULL AND has.size_slug IS NULL OR size.ought IS NOT NULL AND ought.size_slug IS NULL THEN NULL
        WHEN size.has IS NULL AND size.ought IS NULL THEN NULL
        ELSE coalesce(has.price_monthly, 0) - coalesce(ought.price_monthly, 0)
      END
    ) AS cost(amount)
    ${given.length === 0 ? sql`` : sql`WHERE ${sql.join(given, sql` AND `)}`}
    ORDER BY row.detected_at DESC, row.drift_id DESC LIMIT ${asked.limit + 1}`.execute(db);
  return rows.rows;
}

/** Of what kind a resource is that something is known of. */
export async function kindOfResource(db: Db, resourceId: string): Promise<string | null> {
  const rows = await sql<{ kind: string }>`
    SELECT kind FROM desired WHERE resource_id = ${resourceId}
    UNION ALL SELECT kind FROM live WHERE resource_id = ${resourceId} LIMIT 1`.execute(db);
  return rows.rows[0]?.kind ?? null;
}
