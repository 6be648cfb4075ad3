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
 * Which facts an invoice rests on: of its own month those that stood at its close, of a month it adjusts those it noted. No
 * fact joins those of a close once they were all there, and no invoice is made before.
 */
export type Billed = { invoiceId: string } | { closeRevision: number };

/** The facts, in the revisions an invoice billed, that hold a kind of a deployment on certain days; one more than asked for. */
export const factsOfLine = async (
  db: Db,
  asked: {
    billed: Billed;
    tenantId: string;
    period: Period;
    deploymentId: string;
    kind: string;
    days: readonly { from: string; until: string }[] | null;
    after: string | null;
    limit: number;
  },
): Promise<LineFact[]> => {
  const days = asked.days ?? [{ from: '0001-01-01', until: '9999-01-01' }];
  const { rows } = await sql<LineFact>`
    SELECT f.period, f.deployment_id, f.period_start, f.period_end, f.granularity, f.revision, f.event_id, f.stream, f.seq,
      (SELECT jsonb_agg(line) FROM jsonb_array_elements(f.lines) AS line WHERE line ->> 'kind' = ${asked.kind}) AS lines
    FROM usage_facts f
    WHERE f.tenant_id = ${asked.tenantId} AND f.deployment_id = ${asked.deploymentId} AND ${daysOfPeriod(asked.period)}
      AND ${isBilled(asked)} AND ${asked.kind} = ANY(f.kinds)
      AND EXISTS (SELECT 1 FROM unnest(${days.map(({ from }) => from)}::date[], ${days.map(({ until }) => until)}::date[]) AS d(first, after)
        WHERE f.day >= d.first AND f.day < d.after)
      AND (${asked.after}::timestamptz IS NULL OR f.period_start > ${asked.after}::timestamptz)
    ORDER BY f.period_start LIMIT ${asked.limit + 1}`.execute(db);
  return rows;
};

const isBilled = ({ billed, period, deploymentId }: { billed: Billed; period: Period; deploymentId: string }) =>
  'closeRevision' in billed
    ? inForce(billed)
    : sql`(f.period_start, f.granularity, f.revision) IN (
        SELECT k.period_start, k.granularity, k.revision
        FROM invoice_facts b CROSS JOIN LATERAL unnest(b.starts, b.granularities, b.revisions) AS k(period_start, granularity, revision)
        WHERE b.invoice_id = ${billed.invoiceId} AND b.period = ${period} AND b.deployment_id = ${deploymentId})`;
