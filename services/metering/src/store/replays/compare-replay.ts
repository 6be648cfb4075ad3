import { type Kysely, sql } from 'kysely';
import type { Granularity, Window } from '../../domain/days/windows.ts';
import { linesQuery, type UsageSources } from '../days/lines.ts';
import { markedAgain } from '../days/metered-days.ts';
import type { Tables } from '../schema.ts';

type Session = Kysely<Tables>;

const nothing = '00000000-0000-0000-0000-000000000000';

/**
 * Compares the replayed lines of a day with its facts and stores the differences. A deployment whose day is to be metered again
 * anyway is pending: its difference is no finding yet. Returns the number of replayed lines.
 */
export async function compareDay(
  db: Session,
  given: { replayId: string; day: string; granularity: Granularity; windows: readonly Window[]; sources: UsageSources },
): Promise<number> {
  const { replayId, day, granularity, windows, sources } = given;
  if (windows.length === 0) return 0;
  const starts = [...new Set(windows.map(({ start }) => start.toString()))];
  const result = await sql<{ lines: number }>`
    WITH replayed AS MATERIALIZED (${linesQuery({ windows, sources })}),
    standing AS (
      SELECT deployment_id, tenant_id, resource_id, kind, dimension, period_start, divisor, unit_seconds FROM usage_records
      WHERE granularity = ${granularity} AND period_start = ANY (${starts}::timestamptz[])
    ),
    differing AS (
      INSERT INTO replay_differences (replay_id, tenant_id, deployment_id, resource_id, kind, dimension, granularity, period_start,
        divisor, unit_seconds, replayed_unit_seconds, is_pending)
      SELECT ${replayId}::uuid, coalesce(r.tenant_id, s.tenant_id), coalesce(r.deployment_id, s.deployment_id),
        coalesce(r.resource_id, s.resource_id), coalesce(r.kind, s.kind), coalesce(r.dimension, s.dimension), ${granularity},
        coalesce(r.period_start, s.period_start), coalesce(r.divisor, s.divisor), s.unit_seconds, r.unit_seconds,
        EXISTS (SELECT FROM pending_days p WHERE p.day = ${day}::date AND p.deployment_id = coalesce(r.deployment_id, s.deployment_id))
      FROM replayed r FULL JOIN standing s ON s.deployment_id = r.deployment_id AND s.kind = r.kind AND s.dimension = r.dimension
        AND s.period_start = r.period_start AND coalesce(s.resource_id, ${nothing}::uuid) = coalesce(r.resource_id, ${nothing}::uuid)
      WHERE (r.unit_seconds, r.divisor, r.tenant_id) IS DISTINCT FROM (s.unit_seconds, s.divisor, s.tenant_id)
      ORDER BY 2, 3, 8, 5, 6, 4
    )
    SELECT count(*)::int AS lines FROM replayed`.execute(db);
  return result.rows[0]?.lines ?? 0;
}

/**
 * Marks every difference for metering. Metering skips a fact whose hash has not changed, so the hash of a differing fact is
 * removed: it is then written and published again, whatever its lines hold.
 */
export async function markDifferences(db: Session, replayId: string): Promise<boolean> {
  await sql`
    UPDATE accruals a SET hash = '' FROM (
      SELECT DISTINCT period_start, deployment_id, granularity FROM replay_differences WHERE replay_id = ${replayId}
    ) AS d
    WHERE a.period_start = d.period_start AND a.deployment_id = d.deployment_id AND a.granularity = d.granularity`.execute(
    db,
  );
  const marked = await sql<{ day: string }>`
    INSERT INTO pending_days (day, deployment_id)
    SELECT DISTINCT (period_start AT TIME ZONE 'UTC')::date, deployment_id FROM replay_differences WHERE replay_id = ${replayId}
    ORDER BY 1, 2 ${markedAgain} RETURNING day`.execute(db);
  return marked.rows.length > 0;
}
