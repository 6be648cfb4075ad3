import type { Json } from '@arcadia/contracts';
import { type SortColumn, type Sorting, sortedBy } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { DriftRow, Tables } from './schema.ts';

export type SelectedDrift = DriftRow & {
  provider: string;
  resource_kind: string;
  provider_id: string;
  resource_name: string | null;
  /** Attributes as last observed; null: it was never observed. */
  attrs: Record<string, Json> | null;
  /** Desired state; null: there is none. */
  spec: Record<string, Json> | null;
  /** The value by which the list is sorted, as text; null in its usual order. */
  sort_key: string | null;
};

type DriftQuery = {
  driftId?: string | undefined;
  status?: DriftRow['status'] | undefined;
  kind?: DriftRow['kind'] | undefined;
  deploymentId?: string | undefined;
  resourceId?: string | undefined;
  /** The sort key of the last row of the page before: [detected_at, drift_id]. */
  after?: readonly string[] | null;
  /** A part of the name of the resource, upper or lower case. */
  text?: string | undefined;
  /** Another order than by time of detection. */
  sorting?: Sorting<keyof typeof sortColumns> | null;
  limit: number;
};

const sortId = { column: sql`row.drift_id`, type: 'uuid' } as const;
const sortColumns = {
  detected_at: { value: sql`row.detected_at`, type: 'timestamptz' },
  kind: { value: sql`row.kind`, type: 'text' },
  field: { value: sql`row.field`, type: 'text' },
  status: { value: sql`row.status`, type: 'text' },
} as const satisfies Record<string, SortColumn>;

/** Rows, newest first, with their resource; `limit + 1` rows if there are more than `limit`. */
export async function selectDrift(db: Kysely<Tables>, query: DriftQuery): Promise<SelectedDrift[]> {
  const { sorting = null } = query;
  const sorted = sorting === null ? null : sortedBy(sortColumns[sorting.key], sortId, sorting);
  const conditions = [
    query.driftId === undefined ? null : sql`row.drift_id = ${query.driftId}`,
    query.status === undefined ? null : sql`row.status = ${query.status}`,
    query.kind === undefined ? null : sql`row.kind = ${query.kind}`,
    query.deploymentId === undefined ? null : sql`row.deployment_id = ${query.deploymentId}`,
    query.resourceId === undefined ? null : sql`row.resource_id = ${query.resourceId}`,
    query.text === undefined ? null : sql`strpos(lower(live.name), lower(${query.text})) > 0`,
    sorted?.page ?? null,
    query.after
      ? sql`(row.detected_at, row.drift_id) < (${query.after[0]}::timestamptz, ${query.after[1]}::uuid)`
      : null,
  ].filter((condition) => condition !== null);
  const rows = await sql<SelectedDrift>`
    SELECT row.*, coalesce(desired.provider, live.provider) AS provider, coalesce(desired.kind, live.kind) AS resource_kind,
      coalesce(desired.provider_id, live.provider_id) AS provider_id, live.name AS resource_name, live.attrs, desired.spec,
      ${sorted?.key ?? sql`NULL`} AS sort_key
    FROM cloud_drift AS row
    LEFT JOIN desired USING (resource_id)
    LEFT JOIN live USING (resource_id)
    ${conditions.length === 0 ? sql`` : sql`WHERE ${sql.join(conditions, sql` AND `)}`}
    ORDER BY ${sorted?.order ?? sql`row.detected_at DESC, row.drift_id DESC`} LIMIT ${query.limit + 1}`.execute(db);
  return rows.rows;
}

/** The latest list prices of sizes. */
export async function pricesOf(
  db: Kysely<Tables>,
  sizes: readonly { provider: string; size: string }[],
): Promise<{ provider: string; size: string; monthly: string; currency: string }[]> {
  if (sizes.length === 0) return [];
  const rows = await sql<{ provider: string; size: string; monthly: string; currency: string }>`
    SELECT DISTINCT provider, size_slug AS size, trim_scale(price_monthly)::text AS monthly, currency
    FROM unnest(${sizes.map(({ provider }) => provider)}::text[], ${sizes.map(({ size }) => size)}::text[]) AS given(provider, size_slug)
    JOIN prices USING (provider, size_slug)`.execute(db);
  return rows.rows;
}
