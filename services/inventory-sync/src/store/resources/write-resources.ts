import { textLines } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import { attrsText, provider, sourceIdOf } from '../../domain/resources/resource.ts';
import { isSame, type Owner, type Segment } from '../../domain/resources/timeline.ts';
import type { Tables } from '../schema.ts';

/** A resource's row: what identifies it, and the last segment of its history. */
export type ResourceRow = {
  resourceId: string;
  kind: string;
  providerId: string;
  current: Segment;
  stateHash: string;
  ownerFrom: Temporal.Instant | null;
  revision: number;
  entries: number;
};

/** Inserts new resources and returns their ids. Resources that another sweep inserted meanwhile are left alone. */
export async function insertResources(
  db: Kysely<Tables>,
  rows: readonly ResourceRow[],
  seen: { sweep: string; seenAt: Temporal.Instant },
): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const seenAt = sql`${seen.seenAt.toString()}::timestamptz`;
  const column = (pick: (row: ResourceRow) => string | number | null) => textLines(rows.map(pick));
  const texts = (pick: (row: ResourceRow) => string | null) => sql`unnest(${rows.map(pick)}::text[])`;
  const inserted = await sql<{ ids: string[] | null }>`
    WITH inserted AS (
    INSERT INTO cloud_resources (resource_id, provider, kind, provider_id, name, status, region, created_at, attrs,
      source_resource_id, state_hash, first_seen_at, last_seen_at, observed_at, last_sweep, deleted_at, project_id, tenant_id,
      deployment_id, attributed_by, auto_owner, owner_from, effective_at, revision, entries)
    SELECT id::uuid, ${provider}, kind, provider_id, name, status, region, created_at::timestamptz, attrs::jsonb,
      source_resource_id::uuid, state_hash, ${seenAt}, ${seenAt}, ${seenAt}, ${seen.sweep}::bigint, deleted_at::timestamptz,
      project_id::uuid, tenant_id, deployment_id::uuid, attributed_by, auto_owner::jsonb, owner_from::timestamptz,
      effective_at::timestamptz, revision::int, entries::int
    FROM ROWS FROM (
      ${column((r) => r.resourceId)}, ${column((r) => r.kind)}, ${texts((r) => r.providerId)},
      ${texts((r) => r.current.state.name)}, ${texts((r) => r.current.state.status)},
      ${texts((r) => r.current.state.region)}, ${column((r) => r.current.state.created_at)},
      ${column((r) => attrsText(r.current.state.attrs))}, ${column((r) => sourceIdOf(r.current.state))},
      ${column((r) => r.stateHash)}, ${column(deletedAt)}, ${column((r) => r.current.owner.project_id)},
      ${texts((r) => r.current.owner.tenant_id)}, ${column((r) => r.current.owner.deployment_id)},
      ${column((r) => r.current.owner.attributed_by)}, ${column((r) => textOrNull(ruledOwner(r)))},
      ${column((r) => r.ownerFrom?.toString() ?? null)}, ${column((r) => r.current.at.toString())},
      ${column((r) => r.revision)}, ${column((r) => r.entries)}
    ) AS t(id, kind, provider_id, name, status, region, created_at, attrs, source_resource_id, state_hash, deleted_at,
      project_id, tenant_id, deployment_id, attributed_by, auto_owner, owner_from, effective_at, revision, entries)
    ON CONFLICT (resource_id) DO NOTHING
    RETURNING resource_id
    )
    SELECT CASE WHEN count(*) < ${rows.length} THEN coalesce(array_agg(resource_id::text), '{}') END AS ids FROM inserted`.execute(
    db,
  );
  // Almost always all of them, and then their ids need not be returned.
  return new Set(inserted.rows[0]?.ids ?? rows.map(({ resourceId }) => resourceId));
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
