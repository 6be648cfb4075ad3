import type { EventData, metering, Period } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { Db } from '../schema.ts';
import { daysOfPeriod, inForce } from './usage-facts.ts';

export type LineFact = {
  period: Period;
  deployment_id: string;
  period_start: string;
  period_end: string;
  granularity: 'daily' | 'hourly';
  revision: number;
  event_id: string;
  stream: string;
  seq: string;
  lines: EventData<typeof metering.usageAccrued>['lines'];
};

/**
 * The facts an invoice rests on: of its own month those that counted at its close, of a month it adjusts those it recorded. No
 * fact is added to a close once all of its facts have arrived, and no invoice is made before that.
 */
export type Billed = { invoiceId: string } | { closeRevision: number };

/** Which usage a line bills. */
export type LineUsage = {
  billed: Billed;
  tenantId: string;
  period: Period;
  deploymentId: string;
  kind: string;
  /** Those whose usage the line bills, null for usage without one; null: of all. */
  dimensions: readonly (string | null)[] | null;
  days: readonly { from: string; until: string }[] | null;
};

/** Whether a line of a fact is of the usage. */
const isOfLine = (wanted: LineUsage) => sql`line ->> 'kind' = ${wanted.kind} AND ${isOfDimensions(wanted.dimensions)}`;

/** Whether a fact `f` was billed and has such usage. */
const hasLine = (wanted: LineUsage) => {
  const days = wanted.days ?? [{ from: '0001-01-01', until: '9999-01-01' }];
  return sql`f.tenant_id = ${wanted.tenantId} AND f.deployment_id = ${wanted.deploymentId} AND ${daysOfPeriod(wanted.period)}
    AND ${isBilled(wanted)} AND ${wanted.kind} = ANY(f.kinds)
    AND ${wanted.dimensions === null ? sql`true` : sql`EXISTS (SELECT 1 FROM jsonb_array_elements(f.lines) AS line WHERE ${isOfLine(wanted)})`}
    AND EXISTS (SELECT 1 FROM unnest(${days.map(({ from }) => from)}::date[], ${days.map(({ until }) => until)}::date[]) AS d(first, after)
      WHERE f.day >= d.first AND f.day < d.after)`;
};

/** The facts, in the revisions an invoice billed, with usage of a kind and dimensions by a deployment on certain days; one row above the limit. */
export const factsOfLine = async (
  db: Db,
  wanted: LineUsage & { after: string | null; limit: number },
): Promise<LineFact[]> => {
  const { rows } = await sql<LineFact>`
    SELECT f.period, f.deployment_id, f.period_start, f.period_end, f.granularity, f.revision, f.event_id, f.stream, f.seq,
      (SELECT jsonb_agg(line) FROM jsonb_array_elements(f.lines) AS line WHERE ${isOfLine(wanted)}) AS lines
    FROM usage_facts f
    WHERE ${hasLine(wanted)} AND (${wanted.after}::timestamptz IS NULL OR f.period_start > ${wanted.after}::timestamptz)
    ORDER BY f.period_start LIMIT ${wanted.limit + 1}`.execute(db);
  return rows;
};

/** A part of an amount's cause: of a resource, or of none (null), by its weight. */
export type ResourceWeight = { resource_id: string | null; weight: string };

/** The same usage summed up by resource, in unit-seconds. */
export const usageOfLineByResource = async (db: Db, wanted: LineUsage): Promise<ResourceWeight[]> => {
  const { rows } = await sql<ResourceWeight>`
    SELECT (line ->> 'resource_id')::uuid AS resource_id, trim_scale(sum((line ->> 'unit_seconds')::numeric))::text AS weight
    FROM usage_facts f CROSS JOIN LATERAL jsonb_array_elements(f.lines) AS line
    WHERE ${hasLine(wanted)} AND ${isOfLine(wanted)} GROUP BY 1 ORDER BY 1`.execute(db);
  return rows;
};

const isOfDimensions = (dimensions: readonly (string | null)[] | null) => {
  if (dimensions === null) return sql`true`;
  const named = dimensions.filter((dimension) => dimension !== null);
  const isNamed = sql`line ->> 'dimension' = ANY(${named}::text[])`;
  return dimensions.includes(null) ? sql`(line ->> 'dimension' IS NULL OR ${isNamed})` : isNamed;
};

const isBilled = ({ billed, period, deploymentId }: { billed: Billed; period: Period; deploymentId: string }) =>
  'closeRevision' in billed
    ? inForce(billed)
    : sql`(f.period_start, f.granularity, f.revision) IN (
        SELECT k.period_start, k.granularity, k.revision
        FROM invoice_facts b CROSS JOIN LATERAL unnest(b.starts, b.granularities, b.revisions) AS k(period_start, granularity, revision)
        WHERE b.invoice_id = ${billed.invoiceId} AND b.period = ${period} AND b.deployment_id = ${deploymentId})`;
