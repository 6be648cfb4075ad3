import { type Period, periodInterval } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { Window } from '../../domain/days/windows.ts';
import { linesQuery } from '../days/lines.ts';
import type { Tables } from '../schema.ts';

type Capped = { deployment: string; kind: string; period: Period };

/**
 * Locks a kind of a deployment until the transaction ends, so that two reports at once cannot both fit below a cap with room for
 * one.
 */
export const lockCap = async (db: Kysely<Tables>, { deployment, kind }: Omit<Capped, 'period'>): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`metering:cap:${deployment}:${kind}`}, 0))`.execute(db);
};

/**
 * Known usage of a kind by a deployment in a period: what was observed, from facts and from the states of windows that have none
 * yet, and every reported quantity.
 */
export async function usedForCap(
  db: Kysely<Tables>,
  { deployment, kind, period, live }: Capped & { live: readonly Window[] },
): Promise<string> {
  const { start, end } = periodInterval(period);
  const exact = sql`coalesce(sum(unit_seconds::numeric(80, 24) / divisor), 0)`;
  const soFar =
    live.length === 0
      ? sql`0`
      : sql`(SELECT ${exact} FROM (${linesQuery({ windows: live, deployments: [deployment] })}) AS line
          WHERE kind = ${kind} AND resource_id IS NOT NULL)`;
  const result = await sql<{ used: string }>`
    SELECT trim_scale((
      SELECT ${exact} FROM usage_records
      WHERE period_start >= ${start.toString()}::timestamptz AND period_start < ${end.toString()}::timestamptz
        AND deployment_id = ${deployment}::uuid AND kind = ${kind} AND resource_id IS NOT NULL
    ) + ${soFar} + (
      SELECT coalesce(sum(quantity), 0) FROM usage_reports
      WHERE form = 'usage' AND deployment_id = ${deployment}::uuid AND kind = ${kind}
        AND time >= ${start.toString()}::timestamptz AND time < ${end.toString()}::timestamptz
    ))::text AS used`.execute(db);
  return result.rows[0]?.used ?? '0';
}
