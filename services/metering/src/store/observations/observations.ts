import type { MeasuredUsage } from '@arcadia/contracts';
import { textLines } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** One `resource.observed` with its measures, and its place on the stream. */
export type Observation = {
  resourceId: string;
  revision: number;
  kind: string;
  effectiveAt: string;
  observedAt: string;
  isPresent: boolean;
  /** Each billing kind and dimension at most once; empty while it counts nothing at all. */
  measures: readonly MeasuredUsage[];
  tenantId: string | null;
  deploymentId: string | null;
  name: string;
  status: string | null;
  attrs: string;
  eventId: string;
  stream: string;
  streamSeq: number;
};

/**
 * Stores observations; known ones change nothing, or get the measures that they have now. Returns true when a new or changed one
 * takes effect in a time that is metered already.
 */
export async function addObservations(
  db: Kysely<Tables>,
  batch: readonly Observation[],
  { isMeasuredAgain }: { isMeasuredAgain: boolean } = { isMeasuredAgain: false },
): Promise<boolean> {
  const known = isMeasuredAgain
    ? sql`UPDATE SET billing_kinds = excluded.billing_kinds, units = excluded.units, dimensions = excluded.dimensions, seq = DEFAULT
      WHERE (observations.billing_kinds, observations.units, observations.dimensions)
        IS DISTINCT FROM (excluded.billing_kinds, excluded.units, excluded.dimensions)`
    : sql`NOTHING`;
  const column = <T>(pick: (one: Observation) => T) => batch.map(pick);
  // As array literals: the driver escapes every character of every element, which digits do not need.
  const plain = (pick: (one: Observation) => string | number | boolean) => `{${batch.map(pick).join()}}`;
  const result = await sql<{ is_late: boolean | null }>`
    WITH added AS (
      INSERT INTO observations (resource_id, revision, kind, billing_kinds, effective_at, observed_at, is_present, units,
        dimensions, tenant_id, deployment_id, name, status, attrs, event_id, stream, stream_seq)
      SELECT resource_id, revision, kind, billing_kinds::text[], effective_at, observed_at, is_present, units::numeric[], dimensions::text[],
        tenant_id, deployment_id, name, status, attrs::json, event_id, stream, stream_seq
      FROM ROWS FROM (unnest(
        ${plain((o) => o.resourceId)}::uuid[], ${plain((o) => o.revision)}::int[], ${plain((o) => o.kind)}::text[],
        ${column(kindsOf)}::text[], ${plain((o) => o.effectiveAt)}::timestamptz[],
        ${plain((o) => o.observedAt)}::timestamptz[], ${plain((o) => o.isPresent)}::boolean[],
        ${column(unitsOf)}::text[], ${column(dimensionsOf)}::text[], ${column((o) => o.tenantId)}::text[],
        ${plain((o) => o.deploymentId ?? 'NULL')}::uuid[], ${column((o) => o.name)}::text[], ${column((o) => o.status)}::text[],
        ${plain((o) => o.eventId)}::uuid[], ${column((o) => o.stream)}::text[], ${plain((o) => o.streamSeq)}::bigint[]
      ), ${textLines(column((o) => o.attrs))})
        AS t(resource_id, revision, kind, billing_kinds, effective_at, observed_at, is_present, units, dimensions, tenant_id, deployment_id, name,
          status, event_id, stream, stream_seq, attrs)
      ON CONFLICT (resource_id, revision) DO ${known}
      RETURNING effective_at
    )
    SELECT min(effective_at) < (SELECT max(metered_until) FROM metered_days) AS is_late FROM added`.execute(db);
  return result.rows[0]?.is_late ?? false;
}

/** The measures of an observation as array literals; an empty text is no dimension, NULL units are unknown. */
export const kindsOf = ({ measures }: Observation): string => `{${measures.map(({ kind }) => kind).join()}}`;

export const unitsOf = ({ measures }: Observation): string =>
  `{${measures.map(({ units }) => units ?? 'NULL').join()}}`;

export const dimensionsOf = ({ measures }: Observation): string =>
  `{${measures.map(({ dimension }) => `"${(dimension ?? '').replaceAll(/["\\]/g, String.raw`\$&`)}"`).join()}}`;
