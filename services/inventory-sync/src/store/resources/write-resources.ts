import { textLines } from '@arcadia/platform';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { attrsText, provider, type State, sourceIdOf, stateText } from '../../domain/resources/resource.ts';
import { isSame, type Owner, type Segment } from '../../domain/resources/timeline.ts';
import type { Tables } from '../schema.ts';

/** In which sweep a resource was seen, and when; sweep 0 for one that no listing has shown. */
export type Seen = { sweep: string; seenAt: Temporal.Instant };

/**
 * Inserts the rows of new resources from their states, given as text: resource_id, kind, provider_id (JSON), state, owner, auto_owner
 * (JSON, null where the rules alone decide), the parts of the owner, state_hash, source_resource_id, owner_from, effective_at, revision and entry. Resources that are known already are left alone.
 */
export const insertedFrom = (given: RawBuilder<unknown>, seen: Seen) => {
  const seenAt = sql`${seen.seenAt.toString()}::timestamptz`;
  return sql`
    INSERT INTO cloud_resources (resource_id, provider, kind, provider_id, name, status, region, created_at, attrs,
      source_resource_id, state_hash, first_seen_at, last_seen_at, observed_at, last_sweep, deleted_at, project_id, tenant_id,
      deployment_id, attributed_by, auto_owner, owner_from, effective_at, revision, entries)
    SELECT g.resource_id::uuid, ${provider}, g.kind, g.provider_id::json #>> '{}', s.name, s.status, s.region, s.created_at, s.attrs,
      g.source_resource_id::uuid, g.state_hash, ${seenAt}, ${seenAt}, ${seenAt}, ${seen.sweep}::bigint,
      CASE WHEN NOT s.is_present THEN g.effective_at::timestamptz END, g.project_id::uuid, g.tenant_id, g.deployment_id::uuid, g.attributed_by,
      CASE WHEN g.auto_owner <> g.owner THEN g.auto_owner::jsonb END, g.owner_from::timestamptz, g.effective_at::timestamptz, g.revision::int, g.entry::int
    FROM ${given} AS g
    CROSS JOIN LATERAL json_to_record(g.state::json)
      AS s(is_present boolean, name text, status text, region text, created_at timestamptz, attrs jsonb)
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
  const column = (pick: (row: PublishedState) => string | number | null) => textLines(rows.map(pick));
  const given = sql`(SELECT *, NULL::text AS auto_owner, NULL::text AS owner_from, revision AS entry FROM ROWS FROM (
    ${column((r) => r.resourceId)}, ${column((r) => r.kind)}, ${column((r) => JSON.stringify(r.providerId))},
    ${column((r) => stateText(r.state))}, ${column((r) => JSON.stringify(r.owner))}, ${column((r) => r.stateHash)},
    ${column((r) => sourceIdOf(r.state))}, ${column((r) => r.effectiveAt)}, ${column((r) => r.revision)},
    unnest(${rows.map((r) => r.owner.project_id)}::text[], ${rows.map((r) => r.owner.tenant_id)}::text[],
      ${rows.map((r) => r.owner.deployment_id)}::text[], ${rows.map((r) => r.owner.attributed_by)}::text[])
  ) AS t(resource_id, kind, provider_id, state, owner, state_hash, source_resource_id, effective_at, revision, project_id, tenant_id,
    deployment_id, attributed_by))`;
  await insertedFrom(given, seen).execute(db);
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
