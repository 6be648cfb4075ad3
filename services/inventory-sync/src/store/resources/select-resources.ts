import type { inventorySync } from '@arcadia/contracts';
import { type SortColumn, type Sorting, sortedBy } from '@arcadia/platform';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { z } from 'zod';
import type { CloudResources, Tables } from '../schema.ts';
import { knownKindNames } from './unknown-types.ts';

export type ResourceView = z.output<typeof inventorySync.resourceView>;
type Row = Omit<CloudResources, 'attrs' | 'auto_owner'> & { attrs: ResourceView['attrs']; project_name: string | null };

/** The kind under which a resource is shown whose type the registry does not know. */
const unknownKind = 'unknown';

export type Filter = {
  /** Null: resources of all tenants and unowned ones. */
  tenant: string | null;
  kind?: string | undefined;
  status?: string | undefined;
  projectId?: string | undefined;
  deploymentId?: string | undefined;
  tenantId?: string | undefined;
  text?: string | undefined;
  includeDeleted: boolean;
  isUnattributed?: boolean;
  /** Kind, name and id of the last row of the page before. */
  after: string[] | null;
  sorting: Sorting<keyof typeof sortColumns> | null;
  limit: number;
};

const sortId = { column: sql`r.resource_id`, type: 'uuid' } as const;
const sortColumns = {
  name: { value: sql`lower(r.name)`, type: 'text' },
  kind: { value: sql`r.kind`, type: 'text' },
  first_seen_at: { value: sql`r.first_seen_at`, type: 'timestamptz' },
  last_seen_at: { value: sql`r.last_seen_at`, type: 'timestamptz' },
} as const satisfies Record<string, SortColumn>;

/** Resources by kind and name, one more than `limit`. The tenant's scope is one of the conditions of every query. */
export async function selectResources(
  db: Kysely<Tables>,
  filter: Filter,
): Promise<(Row & { sort_key: string | null })[]> {
  const sorted = filter.sorting === null ? null : sortedBy(sortColumns[filter.sorting.key], sortId, filter.sorting);
  const given = (value: string | undefined, condition: (value: string) => RawBuilder<unknown>) =>
    value === undefined ? [] : [condition(value)];
  const conditions = [
    ...given(filter.tenant ?? undefined, (tenant) => sql`r.tenant_id = ${tenant}`),
    ...given(filter.kind, (kind) =>
      kind === unknownKind ? sql`r.kind <> ALL(${knownKindNames}::text[])` : sql`r.kind = ${kind}`,
    ),
    ...given(filter.status, (status) => sql`r.status = ${status}`),
    ...given(filter.projectId, (id) => sql`r.project_id = ${id}`),
    ...given(filter.deploymentId, (id) => sql`r.deployment_id = ${id}`),
    ...given(filter.tenantId, (id) => sql`r.tenant_id = ${id}`),
    ...given(filter.text, (text) => sql`(r.name ILIKE ${`%${escapeLike(text)}%`} OR r.provider_id = ${text})`),
    ...(filter.includeDeleted ? [] : [sql`r.deleted_at IS NULL`]),
    ...(filter.isUnattributed === true ? [sql`r.deployment_id IS NULL`] : []),
    ...(filter.after === null
      ? []
      : [sql`(r.kind, r.name, r.resource_id) > (${filter.after[0]}, ${filter.after[1]}, ${filter.after[2]}::uuid)`]),
    ...(sorted === null ? [] : [sorted.page]),
  ];
  const where = conditions.length === 0 ? sql`` : sql`WHERE ${sql.join(conditions, sql` AND `)}`;
  const rows = await sql<Row & { sort_key: string | null }>`
    SELECT r.*, ${projectName(filter.tenant)}, ${sorted?.key ?? sql`NULL`} AS sort_key FROM cloud_resources AS r LEFT JOIN cloud_projects AS p USING (project_id)
    ${where} ORDER BY ${sorted?.order ?? sql`r.kind, r.name, r.resource_id`} LIMIT ${filter.limit + 1}`.execute(db);
  return rows.rows;
}

/** One resource, if the tenant may see it. */
export async function findResource(
  db: Kysely<Tables>,
  { id, tenant }: { id: string; tenant: string | null },
): Promise<Row | undefined> {
  const rows = await sql<Row>`
    SELECT r.*, ${projectName(tenant)} FROM cloud_resources AS r LEFT JOIN cloud_projects AS p USING (project_id)
    WHERE r.resource_id = ${id} AND ${tenant === null ? sql`true` : sql`r.tenant_id = ${tenant}`}`.execute(db);
  return rows.rows[0];
}

/** A tenant sees a project's name only if the project makes the tenant the owner: projects of others may hold its resources too. */
const projectName = (tenant: string | null) =>
  tenant === null
    ? sql`p.name AS project_name`
    : sql`CASE WHEN r.attributed_by = 'project' OR p.tenant_id = ${tenant} THEN p.name END AS project_name`;

const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);

export const resourceView = (row: Row): ResourceView => ({
  resource_id: row.resource_id,
  provider: row.provider,
  kind: knownKindNames.includes(row.kind) ? row.kind : unknownKind,
  provider_id: row.provider_id,
  name: row.name,
  status: row.status,
  region: row.region,
  is_present: row.deleted_at === null,
  created_at: row.created_at,
  first_seen_at: row.first_seen_at,
  last_seen_at: row.last_seen_at,
  stale_strike_count: row.stale_strike_count,
  deleted_at: row.deleted_at,
  revision: row.revision,
  // The provider's word for the type is stored as the kind, so that ids and histories stay when the registry learns it (decision 0058).
  attrs: knownKindNames.includes(row.kind) ? row.attrs : { ...row.attrs, provider_type: row.kind },
  owner: {
    tenant_id: row.tenant_id,
    deployment_id: row.deployment_id,
    project_id: row.project_id,
    attributed_by: row.attributed_by as ResourceView['owner']['attributed_by'],
    project_name: row.project_name,
  },
});
