import { textLines } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** One `resource.observed` with its billing kind and units, and its place on the stream. */
export type Observation = {
  resourceId: string;
  revision: number;
  kind: string;
  billingKind: string;
  effectiveAt: string;
  observedAt: string;
  isPresent: boolean;
  units: string;
  tenantId: string | null;
  deploymentId: string | null;
  name: string;
  status: string | null;
  attrs: string;
  eventId: string;
  stream: string;
  streamSeq: number;
};

/** Stores observations; known ones change nothing. Returns true when a new one takes effect in a time that is metered already. */
export async function addObservations(db: Kysely<Tables>, batch: readonly Observation[]): Promise<boolean> {
  const column = <T>(pick: (one: Observation) => T) => batch.map(pick);
  // As array literals: the driver escapes every character of every element, which digits do not need.
  const plain = (pick: (one: Observation) => string | number | boolean) => `{${batch.map(pick).join()}}`;
  const result = await sql<{ is_late: boolean | null }>`
    WITH added AS (
      INSERT INTO observations (resource_id, revision, kind, billing_kind, effective_at, observed_at, is_present, units,
        tenant_id, deployment_id, name, status, attrs, event_id, stream, stream_seq)
      SELECT resource_id, revision, kind, billing_kind, effective_at, observed_at, is_present, units, tenant_id, deployment_id, name, status,
        attrs::json, event_id, stream, stream_seq
      FROM ROWS FROM (unnest(
        ${plain((o) => o.resourceId)}::uuid[], ${plain((o) => o.revision)}::int[], ${plain((o) => o.kind)}::text[],
        ${plain((o) => o.billingKind)}::text[], ${plain((o) => o.effectiveAt)}::timestamptz[],
        ${plain((o) => o.observedAt)}::timestamptz[], ${plain((o) => o.isPresent)}::boolean[],
        ${plain((o) => o.units)}::numeric[], ${column((o) => o.tenantId)}::text[],
        ${plain((o) => o.deploymentId ?? 'NULL')}::uuid[], ${column((o) => o.name)}::text[], ${column((o) => o.status)}::text[],
        ${plain((o) => o.eventId)}::uuid[], ${column((o) => o.stream)}::text[], ${plain((o) => o.streamSeq)}::bigint[]
      ), ${textLines(column((o) => o.attrs))})
        AS t(resource_id, revision, kind, billing_kind, effective_at, observed_at, is_present, units, tenant_id, deployment_id, name, status,
          event_id, stream, stream_seq, attrs)
      ON CONFLICT (resource_id, revision) DO NOTHING
      RETURNING effective_at
    )
    SELECT min(effective_at) < (SELECT max(metered_until) FROM metered_days) AS is_late FROM added`.execute(db);
  return result.rows[0]?.is_late ?? false;
}
