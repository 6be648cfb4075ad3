import { type Period, periodInterval } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { MeteringTables } from './schema.ts';

/**
 * How much of a kind a deployment has used in a period, as far as it is known: what was observed and is metered, and every
 * quantity that was reported. Whoever asks holds this kind of this deployment until the end of the transaction, so that two
 * reports at once cannot both fit under a cap that has room for one.
 */
export async function usedForCap(
  db: Kysely<MeteringTables>,
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
