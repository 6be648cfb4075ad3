import type { Period } from '@arcadia/contracts';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../schema.ts';
import {
  type AsOf,
  type DeploymentUsage,
  daysOfPeriod,
  inForce,
  joinRanges,
  type Range,
  rangeOfDay,
} from './usage-facts.ts';

type Row = Omit<DeploymentUsage, 'dimension' | 'resource_id'> & {
  dimension: string | null;
  resource_id: string | null;
};

/**
 * Usage of some kinds by deployment, kind, dimension, resource and range (of the kinds in `kindsByDay`, by day), exact, in no order.
 * The running time of a resource is its unit-seconds, in each fact no more than the fact's span has.
 */
export const sumUsageByResource = async (
  db: Db,
  wanted: {
    tenantId: string;
    period: Period;
    asOf: AsOf;
    ranges: readonly Range[];
    kinds: readonly string[];
    kindsByDay: readonly string[];
    deploymentId?: string | undefined;
  },
): Promise<DeploymentUsage[]> => {
  const first = sql`${`${wanted.period}-01`}::date`;
  const ofDay = (day: RawBuilder<unknown>, range: RawBuilder<unknown>) =>
    sql`CASE WHEN s.kind = ANY(${wanted.kindsByDay}::text[]) THEN ${day} ELSE ${range} END`;
  const { rows } = await sql<Row>`
    SELECT s.deployment_id, s.kind, s.dimension, s.resource_id, coalesce(${ofDay(sql`s.day`, sql`s.range_from`)}, ${first}) AS from,
      coalesce(${ofDay(sql`s.day + 1`, sql`s.range_until`)}, (${first} + interval '1 month')::date) AS until,
      trim_scale(sum(s.unit_seconds))::text AS unit_seconds, trim_scale(s.divisor)::text AS divisor,
      trim_scale(sum(least(s.unit_seconds, s.span)))::text AS running_seconds
    FROM (
      SELECT f.deployment_id, f.day, ${rangeOfDay(wanted.ranges)}, line ->> 'kind' AS kind, line ->> 'dimension' AS dimension,
        line ->> 'resource_id' AS resource_id, (line ->> 'divisor')::numeric AS divisor,
        (line ->> 'unit_seconds')::numeric AS unit_seconds, extract(epoch FROM f.period_end - f.period_start) AS span
      FROM usage_facts f ${joinRanges(wanted.ranges)} CROSS JOIN LATERAL jsonb_array_elements(f.lines) AS line
      WHERE f.tenant_id = ${wanted.tenantId} AND ${daysOfPeriod(wanted.period)} AND ${inForce(wanted.asOf)}
        AND f.kinds && ${wanted.kinds}::text[] AND line ->> 'kind' = ANY(${wanted.kinds}::text[])
        AND ${wanted.deploymentId === undefined ? sql`true` : sql`f.deployment_id = ${wanted.deploymentId}`}
    ) AS s
    GROUP BY 1, 2, 3, 4, 5, 6, s.divisor`.execute(db);
  return rows.map(({ dimension, resource_id, running_seconds, ...row }) => ({
    ...row,
    ...(dimension === null ? {} : { dimension }),
    ...(resource_id === null ? {} : { resource_id, running_seconds }),
  }));
};
