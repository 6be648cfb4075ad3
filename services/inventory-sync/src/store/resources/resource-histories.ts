import { type Kysely, sql } from 'kysely';
import type { State } from '../../domain/resources/resource.ts';
import type { Claim, Owner, Segment } from '../../domain/resources/timeline.ts';
import { idArray } from '../given-rows.ts';
import type { Tables } from '../schema.ts';

/** A resource with its whole history, locked until the transaction ends. */
export type KnownResource = {
  resourceId: string;
  kind: string;
  providerId: string;
  createdAt: Temporal.Instant | null;
  observedAt: Temporal.Instant;
  firstSeenAt: Temporal.Instant;
  firstMissedAt: Temporal.Instant | null;
  /** The first attribution may begin at this instant in the past; null: it begins when it is made. */
  ownerFrom: Temporal.Instant | null;
  isPresent: boolean;
  revision: number;
  entries: number;
  history: Segment[];
  claims: Claim[];
};

type Row = {
  resource_id: string;
  kind: string;
  provider_id: string;
  created_at: string | null;
  observed_at: string;
  first_seen_at: string;
  first_missed_at: string | null;
  owner_from: string | null;
  deleted_at: string | null;
  revision: number;
  entries: number;
};

/** Locks resources in the order of their ids, so that two writers never wait for each other. */
export async function lockResources(db: Kysely<Tables>, ids: readonly string[]): Promise<KnownResource[]> {
  if (ids.length === 0) return [];
  const rows = await sql<Row>`
    SELECT resource_id, kind, provider_id, created_at, observed_at, first_seen_at, first_missed_at, owner_from, deleted_at,
      revision, entries
    FROM cloud_resources WHERE resource_id = ANY(${idArray(ids)})
    ORDER BY resource_id FOR UPDATE`.execute(db);
  const known = rows.rows.map(({ resource_id }) => resource_id);
  if (known.length === 0) return [];
  const histories = await readHistories(db, known);
  const claims = await readClaims(db, known);
  return rows.rows.map((row) => ({
    resourceId: row.resource_id,
    kind: row.kind,
    providerId: row.provider_id,
    createdAt: instantOrNull(row.created_at),
    observedAt: Temporal.Instant.from(row.observed_at),
    firstSeenAt: Temporal.Instant.from(row.first_seen_at),
    firstMissedAt: instantOrNull(row.first_missed_at),
    ownerFrom: instantOrNull(row.owner_from),
    isPresent: row.deleted_at === null,
    revision: row.revision,
    entries: row.entries,
    history: histories.get(row.resource_id) ?? [],
    claims: claims.get(row.resource_id) ?? [],
  }));
}

export const instantOrNull = (text: string | null): Temporal.Instant | null =>
  text === null ? null : Temporal.Instant.from(text);

/** For each instant the entry with the highest revision. */
async function readHistories(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, Segment[]>> {
  const entries = await sql<{
    resource_id: string;
    effective_at: string;
    state: State;
    owner: Owner;
    auto_owner: Owner | null;
  }>`
    SELECT DISTINCT ON (resource_id, effective_at) resource_id, effective_at, state, owner, auto_owner
    FROM cloud_resource_events
    WHERE resource_id = ANY(${idArray(ids)}) AND revision IS NOT NULL
    ORDER BY resource_id, effective_at, revision DESC`.execute(db);
  return groupBy(entries.rows, (row) => ({
    at: Temporal.Instant.from(row.effective_at),
    state: row.state,
    owner: row.owner,
    auto: row.auto_owner ?? row.owner,
  }));
}

async function readClaims(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, Claim[]>> {
  const claims = await sql<{
    resource_id: string;
    effective_at: string;
    is_automatic: boolean;
    tenant_id: string | null;
    deployment_id: string | null;
  }>`
    SELECT resource_id, effective_at, is_automatic, tenant_id, deployment_id FROM hand_attributions
    WHERE resource_id = ANY(${idArray(ids)}) ORDER BY resource_id, effective_at`.execute(db);
  return groupBy(claims.rows, (row) => ({
    at: Temporal.Instant.from(row.effective_at),
    owner: row.is_automatic ? null : { tenant_id: row.tenant_id, deployment_id: row.deployment_id },
  }));
}

const groupBy = <Row extends { resource_id: string }, Value>(rows: Row[], valueOf: (row: Row) => Value) => {
  const groups = new Map<string, Value[]>();
  for (const row of rows) {
    const group = groups.get(row.resource_id);
    if (group === undefined) groups.set(row.resource_id, [valueOf(row)]);
    else group.push(valueOf(row));
  }
  return groups;
};
