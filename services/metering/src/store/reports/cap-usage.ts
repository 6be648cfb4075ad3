import { type Period, periodInterval } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/**
 * Known usage of a kind by a deployment in a period: metered facts and every reported quantity. The caller holds a lock on the
 * kind of the deployment until its transaction ends, so that two reports at once cannot both fit below a cap with room for one.
 */
export async function usedForCap(
  db: Kysely<Tables>,
  { deployment, kind, period }: { deployment: string; kind: string; period: Period },
): Promise<string> {
  const { start, end } = periodInterval(period);
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`metering:cap:${deployment}:${kind}`}, 0))`.execute(db);
  const result = await sql<{ used: string }>`
    SELECT (
      SELECT coalesce(sum(unit_seconds::numeric(80, 24) / divisor), 0) FROM usage_records
      WHERE period_start >= ${start.toString()}::timestamptz AND period_start < ${end.toString()}::timestamptz
        AND deployment_id = ${deployment}::uuid AND kind = ${kind} AND resource_id IS NOT NULL
    ) + (
      SELECT coalesce(sum(quantity), 0) FROM usage_reports
      WHERE form = 'usage' AND deployment_id = ${deployment}::uuid AND kind = ${kind}
        AND time >= ${start.toString()}::timestamptz AND time < ${end.toString()}::timestamptz
    ) AS used`.execute(db);
  return result.rows[0]?.used ?? '0';
}
