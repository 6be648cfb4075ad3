import { type Kysely, type RawBuilder, sql } from 'kysely';
import { attrsText, provider, type State, sourceIdOf } from '../../domain/resources/resource.ts';
import { isSame, type Owner, type Segment } from '../../domain/resources/timeline.ts';
import { type Column, columnsOf, rowsOf } from '../given-rows.ts';
import type { Tables } from '../schema.ts';

/** In which sweep a resource was seen, and when; sweep 0 for one that no listing has shown. */
export type Seen = { sweep: string; seenAt: Temporal.Instant };

/** The columns of a row that its state gives, beside the attributes. */
export const stateColumns = (states: readonly State[]): Column[] => {
  const of = columnsOf(states);
  return [
    of('is_present', 'boolean', ({ is_present }) => String(is_present)),
    of('name', 'text', ({ name }) => name),
    of('status', 'text', ({ status }) => status),
    of('region', 'text', ({ region }) => region),
    of('created_at', 'timestamptz', ({ created_at }) => created_at),
  ];
};

/** The parts of each owner. */
export const ownerColumns = (owners: readonly Owner[]): Column[] => {
  const of = columnsOf(owners);
  return [
    of('project_id', 'uuid', ({ project_id }) => project_id),
    of('tenant_id', 'text', ({ tenant_id }) => tenant_id),
    of('deployment_id', 'uuid', ({ deployment_id }) => deployment_id),
    of('attributed_by', 'text', ({ attributed_by }) => attributed_by),
  ];
};

/**
 * Inserts the rows of new resources from columns of their types: resource_id, kind, provider_id, those of `stateColumns` and
 * `ownerColumns`, attrs (text), owner and auto_owner (null where the rules alone decide), state_hash, source_resource_id, owner_from,
 * effective_at, revision and entry. Resources that are known already are left alone.
 */
export const insertedFrom = (given: RawBuilder<unknown>, seen: Seen) => {
  const seenAt = sql`${seen.seenAt.toString()}::timestamptz`;
  return sql`
    INSERT INTO cloud_resources (resource_id, provider, kind, provider_id, name, status, region, created_at, attrs,
      source_resource_id, state_hash, first_seen_at, last_seen_at, observed_at, last_sweep, deleted_at, project_id, tenant_id,
      deployment_id, attributed_by, auto_owner, owner_from, effective_at, revision, entries)
    SELECT resource_id, ${provider}, kind, provider_id, name, status, region, created_at, attrs::jsonb, source_resource_id, state_hash,
      ${seenAt}, ${seenAt}, ${seenAt}, ${seen.sweep}::bigint, CASE WHEN NOT is_present THEN effective_at END, project_id, tenant_id,
      deployment_id, attributed_by, CASE WHEN auto_owner::text <> owner::text THEN auto_owner::jsonb END, owner_from, effective_at,
      revision, entry
    FROM ${given} AS g
    ON CONFLICT (resource_id) DO NOTHING
    RETURNING resource_id`;
};

/** A resource as its last published state shows it. */
export type PublishedState = {
  resourceId: string;
  kind: string;
  providerId: string;
  state: State;
  owner: Owner;
  stateHash: string;
  effectiveAt: string;
  revision: number;
};

/** Inserts resources from published states, for a restore. Resources that are there already are left alone. */
export async function insertPublished(db: Kysely<Tables>, rows: readonly PublishedState[], seen: Seen): Promise<void> {
  if (rows.length === 0) return;
  const of = columnsOf(rows);
  const given = rowsOf([
    of('resource_id', 'uuid', (r) => r.resourceId),
    of('kind', 'text', (r) => r.kind),
    of('provider_id', 'text', (r) => r.providerId),
    ...stateColumns(rows.map(({ state }) => state)),
    of('attrs', 'text', (r) => attrsText(r.state.attrs)),
    ...ownerColumns(rows.map(({ owner }) => owner)),
    of('owner', 'json', (r) => JSON.stringify(r.owner)),
    of('auto_owner', 'json', () => null),
    of('state_hash', 'text', (r) => r.stateHash),
    of('source_resource_id', 'uuid', (r) => sourceIdOf(r.state)),
    of('owner_from', 'timestamptz', () => null),
    of('effective_at', 'timestamptz', (r) => r.effectiveAt),
    of('revision', 'integer', (r) => r.revision),
    of('entry', 'integer', (r) => r.revision),
  ]);
  await insertedFrom(sql`(${given})`, seen).execute(db);
}

export type ResourceUpdate = {
  resourceId: string;
  current: Segment;
  stateHash: string;
  observedAt: Temporal.Instant;
  ownerFrom: Temporal.Instant | null;
  revision: number;
  entries: number;
};

/**
 * The source that a row keeps when a listing names none: a cluster's volume that is attached to no worker at the moment, and bears no
 * tag of the cluster, still belongs to the cluster.
 */
export const keptSource = (row: string) =>
  sql`CASE WHEN ${sql.ref(`${row}.kind`)} = 'volume' THEN ${sql.ref(`${row}.source_resource_id`)} END`;

/** Brings the rows of changed resources to the end of their histories. */
export async function updateResources(db: Kysely<Tables>, rows: readonly ResourceUpdate[]): Promise<void> {
  if (rows.length === 0) return;
  const column = <T>(pick: (row: ResourceUpdate) => T) => rows.map(pick);
  await sql`
    UPDATE cloud_resources AS r
    SET name = t.name, status = t.status, region = t.region, created_at = t.created_at, attrs = t.attrs,
      source_resource_id = coalesce(t.source_resource_id, ${keptSource('r')}), state_hash = t.state_hash,
      observed_at = greatest(r.observed_at, t.observed_at), deleted_at = t.deleted_at, project_id = t.project_id,
      tenant_id = t.tenant_id, deployment_id = t.deployment_id, attributed_by = t.attributed_by, auto_owner = t.auto_owner,
      owner_from = t.owner_from, effective_at = t.effective_at, revision = t.revision, entries = t.entries
    FROM unnest(
      ${column((r) => r.resourceId)}::uuid[], ${column((r) => r.current.state.name)}::text[],
      ${column((r) => r.current.state.status)}::text[], ${column((r) => r.current.state.region)}::text[],
      ${column((r) => r.current.state.created_at)}::timestamptz[],
      ${column((r) => attrsText(r.current.state.attrs))}::jsonb[],
      ${column((r) => sourceIdOf(r.current.state))}::uuid[], ${column((r) => r.stateHash)}::text[],
      ${column((r) => r.observedAt.toString())}::timestamptz[], ${column(deletedAt)}::timestamptz[],
      ${column((r) => r.current.owner.project_id)}::uuid[], ${column((r) => r.current.owner.tenant_id)}::text[],
      ${column((r) => r.current.owner.deployment_id)}::uuid[], ${column((r) => r.current.owner.attributed_by)}::text[],
      ${column((r) => textOrNull(ruledOwner(r)))}::jsonb[], ${column((r) => r.ownerFrom?.toString() ?? null)}::timestamptz[],
      ${column((r) => r.current.at.toString())}::timestamptz[], ${column((r) => r.revision)}::int[],
      ${column((r) => r.entries)}::int[]
    ) AS t(id, name, status, region, created_at, attrs, source_resource_id, state_hash, observed_at, deleted_at,
      project_id, tenant_id, deployment_id, attributed_by, auto_owner, owner_from, effective_at, revision, entries)
    WHERE r.resource_id = t.id`.execute(db);
}

/** A deleted resource was deleted at the start of its last segment. Attributions after the deletion do not move it. */
const deletedAt = ({ current }: { current: Segment }): string | null =>
  current.state.is_present ? null : current.at.toString();

/** The owner by the rules is stored separately only where an attribution by hand differs from it. */
const ruledOwner = ({ current }: { current: Segment }): Owner | null =>
  isSame(current.auto, current.owner) ? null : current.auto;

const textOrNull = (value: Owner | null): string | null => (value === null ? null : JSON.stringify(value));
