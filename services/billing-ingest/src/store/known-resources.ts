import { sql, type Transaction } from 'kysely';
import { type KnownResource, operator, type ResourceState, type Target, unallocated } from '../domain/ownership.ts';
import type { Database } from './schema.ts';

type StateRow = Pick<
  Database['resource_states'],
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
 * Everything that may be meant by provider ids or names, with all its states, whatever shares a name with it, and what it is
 * billed with (the droplet of a backup). Resources that are gone are there too.
 */
export const knownResources = async (
  db: Transaction<Database>,
  wanted: { provider: string; providerIds: readonly string[]; nameKeys: readonly string[] },
): Promise<KnownResource[]> => {
  if (wanted.providerIds.length + wanted.nameKeys.length === 0) return [];
  return resourcesOf(
    db,
    sql`
      WITH meant AS (
        SELECT DISTINCT resource_id FROM resource_states
        WHERE provider = ${wanted.provider} AND (provider_id = ANY(${[...wanted.providerIds]}) OR name_key = ANY(${[...wanted.nameKeys]}))
      )
      SELECT resource_id FROM meant
      UNION
      SELECT namesake.resource_id FROM meant JOIN resource_states AS own USING (resource_id)
        JOIN resource_states AS namesake USING (provider, name_key) WHERE own.name_key <> ''`,
  );
};

const resourcesOf = async (db: Transaction<Database>, ids: ReturnType<typeof sql>): Promise<KnownResource[]> => {
  const { rows } = await sql<StateRow>`
    WITH found(resource_id) AS (SELECT DISTINCT * FROM (${ids}) AS wanted),
    billed_with AS (
      SELECT DISTINCT source_id FROM resource_states JOIN found USING (resource_id) WHERE source_id IS NOT NULL
    )
    SELECT resource_id, kind, provider_id, created_at, source_id, effective_at, revision, is_present, name, tenant_id, deployment_id,
      project_id IN (SELECT project_id FROM operator_projects) AS is_operator
    FROM resource_states
    WHERE resource_id IN (SELECT resource_id FROM found UNION SELECT source_id FROM billed_with)
    ORDER BY resource_id, effective_at`.execute(db);
  return [...Map.groupBy(rows, ({ resource_id }) => resource_id).values()].map(resourceOf);
};

const resourceOf = (rows: readonly StateRow[]): KnownResource => {
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
};

const stateOf = (row: StateRow): ResourceState => ({
  effective_at: Temporal.Instant.from(row.effective_at),
  revision: row.revision,
  is_present: row.is_present,
  name: row.name,
  owner: ownerOf(row),
});

const ownerOf = (row: StateRow): Target => {
  if (row.deployment_id !== null)
    return { target: 'deployment', tenant_id: row.tenant_id, deployment_id: row.deployment_id };
  if (row.tenant_id !== null) return { target: 'tenant', tenant_id: row.tenant_id, deployment_id: null };
  return row.is_operator ? operator : unallocated;
};

/** When inventory first saw anything of a provider's; null when it has not begun. */
export const firstSyncAt = async (db: Transaction<Database>, provider: string): Promise<Temporal.Instant | null> => {
  const { rows } = await sql<{ at: string | null }>`
    SELECT min(observed_at) AS at FROM resource_states WHERE provider = ${provider}`.execute(db);
  const at = rows[0]?.at ?? null;
  return at === null ? null : Temporal.Instant.from(at);
};
