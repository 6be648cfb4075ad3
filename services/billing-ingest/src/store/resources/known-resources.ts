import { type Kysely, sql, type Transaction } from 'kysely';
import {
  type KnownResource,
  operator,
  type ResourceState,
  type Target,
  unallocated,
} from '../../domain/cost-lines/ownership.ts';
import type { Tables } from '../schema.ts';

type StateRow = Pick<
  Tables['resource_states'],
  | 'resource_id'
  | 'kind'
  | 'provider_id'
  | 'created_at'
  | 'source_id'
  | 'effective_at'
  | 'revision'
  | 'is_present'
  | 'name'
  | 'tenant_id'
  | 'deployment_id'
> & { is_operator: boolean };

/**
 * The resources with these provider ids or names, including deleted ones, with all their states; also the resources that
 * share a name with them, and the resources with which they are invoiced (the droplet of a backup).
 */
export async function knownResources(
  db: Transaction<Tables>,
  query: { provider: string; providerIds: readonly string[]; nameKeys: readonly string[] },
): Promise<KnownResource[]> {
  if (query.providerIds.length + query.nameKeys.length === 0) return [];
  return resourcesOf(
    db,
    sql`
      WITH named AS (
        SELECT DISTINCT resource_id FROM resource_states
        WHERE provider = ${query.provider} AND (provider_id = ANY(${[...query.providerIds]}) OR name_key = ANY(${[...query.nameKeys]}))
      )
      SELECT resource_id FROM named
      UNION
      SELECT namesake.resource_id FROM named JOIN resource_states AS own USING (resource_id)
        JOIN resource_states AS namesake USING (provider, name_key) WHERE own.name_key <> ''`,
  );
}

async function resourcesOf(db: Transaction<Tables>, ids: ReturnType<typeof sql>): Promise<KnownResource[]> {
  const { rows } = await sql<StateRow>`
    WITH found(resource_id) AS (SELECT DISTINCT * FROM (${ids}) AS ids),
    billed_with AS (
      SELECT DISTINCT source_id FROM resource_states JOIN found USING (resource_id) WHERE source_id IS NOT NULL
    )
    SELECT resource_id, kind, provider_id, created_at, source_id, effective_at, revision, is_present, name, tenant_id, deployment_id,
      project_id IN (SELECT project_id FROM operator_projects) AS is_operator
    FROM resource_states
    WHERE resource_id IN (SELECT resource_id FROM found UNION SELECT source_id FROM billed_with)
    ORDER BY resource_id, effective_at`.execute(db);
  return [...Map.groupBy(rows, ({ resource_id }) => resource_id).values()].map(resourceOf);
}

function resourceOf(rows: readonly StateRow[]): KnownResource {
  const newest = rows.reduce((best, row) => (row.revision > best.revision ? row : best));
  const createdAt = rows.map(({ created_at }) => created_at).filter((at) => at !== null);
  return {
    resource_id: newest.resource_id,
    kind: newest.kind,
    provider_id: newest.provider_id,
    created_at: createdAt.length === 0 ? null : Temporal.Instant.from(createdAt.toSorted()[0] ?? ''),
    source_id: rows.findLast(({ source_id }) => source_id !== null)?.source_id ?? null,
    states: rows.map(stateOf),
  };
}

const stateOf = (row: StateRow): ResourceState => ({
  effective_at: Temporal.Instant.from(row.effective_at),
  revision: row.revision,
  is_present: row.is_present,
  name: row.name,
  owner: ownerOf(row),
});

function ownerOf(row: StateRow): Target {
  if (row.deployment_id !== null)
    return { target: 'deployment', tenant_id: row.tenant_id, deployment_id: row.deployment_id };
  if (row.tenant_id !== null) return { target: 'tenant', tenant_id: row.tenant_id, deployment_id: null };
  return row.is_operator ? operator : unallocated;
}

/** The time of the first observation of a provider's resources; null before the first sync. */
export async function firstSyncAt(db: Transaction<Tables>, provider: string): Promise<Temporal.Instant | null> {
  const { rows } = await sql<{ at: string | null }>`
    SELECT min(observed_at) AS at FROM resource_states WHERE provider = ${provider}`.execute(db);
  const at = rows[0]?.at ?? null;
  return at === null ? null : Temporal.Instant.from(at);
}

export type NamedResource = { name: string; region: string | null };

/** The last known names and regions of the resources of some lines, by resource id. A resource stays in its region. */
export async function resourcesOfLines(
  db: Kysely<Tables>,
  lines: readonly { resource_id: string | null }[],
): Promise<ReadonlyMap<string, NamedResource>> {
  const ids = [...new Set(lines.flatMap(({ resource_id }) => (resource_id === null ? [] : [resource_id])))];
  const { rows } = await sql<NamedResource & { resource_id: string }>`
    SELECT DISTINCT ON (resource_id) resource_id, name,
      first_value(region) OVER (PARTITION BY resource_id ORDER BY region IS NULL, effective_at DESC) AS region
    FROM resource_states WHERE resource_id = ANY(${ids}::uuid[])
    ORDER BY resource_id, effective_at DESC`.execute(db);
  return new Map(rows.map(({ resource_id, name, region }) => [resource_id, { name, region }]));
}
