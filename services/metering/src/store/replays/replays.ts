import type { metering, Period } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { z } from 'zod';
import type { Tables } from '../schema.ts';

type Session = Kysely<Tables>;
export type ReplayView = z.output<typeof metering.replay>;

const view = sql`r.replay_id, r.period, r.status, r.is_applying, r.observations, r.reports, r.unreadable, r.lines, r.asked_by, r.started_at,
  r.completed_at, r.detail,
  (SELECT count(*)::int FROM replay_differences d WHERE d.replay_id = r.replay_id AND NOT d.is_pending) AS differing,
  (SELECT count(*)::int FROM replay_differences d WHERE d.replay_id = r.replay_id AND d.is_pending) AS pending`;

export async function insertReplay(
  db: Session,
  replay: { replayId: string; period: Period; isApplying: boolean; requestedBy: string; at: Temporal.Instant },
): Promise<ReplayView> {
  const result = await sql<ReplayView>`
    INSERT INTO replays AS r (replay_id, period, status, is_applying, asked_by, started_at)
    VALUES (${replay.replayId}, ${replay.period}, 'running', ${replay.isApplying}, ${replay.requestedBy}, ${replay.at.toString()})
    RETURNING ${view}`.execute(db);
  return result.rows[0] as ReplayView;
}

export async function findReplay(db: Session, replayId: string): Promise<ReplayView | null> {
  const result = await sql<ReplayView>`SELECT ${view} FROM replays r WHERE r.replay_id = ${replayId}`.execute(db);
  return result.rows[0] ?? null;
}

/** Replays of a period, newest first. */
export async function pageOfReplays(
  db: Session,
  page: { period: Period; after: readonly string[] | null; limit: number },
): Promise<ReplayView[]> {
  const { after } = page;
  const result = await sql<ReplayView>`
    SELECT ${view} FROM replays r
    WHERE r.period = ${page.period} AND (${after === null}
      OR (r.started_at, r.replay_id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::uuid))
    ORDER BY r.started_at DESC, r.replay_id DESC LIMIT ${page.limit}`.execute(db);
  return result.rows;
}

/** Resets a replay: an attempt that takes over starts from the beginning. */
export async function restartReplay(db: Session, replayId: string): Promise<void> {
  await sql`DELETE FROM replay_differences WHERE replay_id = ${replayId}`.execute(db);
  await sql`UPDATE replays SET status = 'running', detail = NULL, completed_at = NULL WHERE replay_id = ${replayId}`.execute(
    db,
  );
}

export type ReplayCounts = { observations: number; reports: number; unreadable: number; lines: number };

export async function endReplay(
  db: Session,
  replayId: string,
  end: { status: ReplayView['status']; counts: ReplayCounts; at: Temporal.Instant; detail: string | null },
): Promise<void> {
  const { observations, reports, unreadable, lines } = end.counts;
  await sql`
    UPDATE replays SET status = ${end.status}, observations = ${observations}, reports = ${reports}, unreadable = ${unreadable},
      lines = ${lines}, completed_at = ${end.at.toString()}, detail = ${end.detail}
    WHERE replay_id = ${replayId}`.execute(db);
}

export type TenantRow = z.output<typeof metering.replayedTenant>;

export async function pageOfReplayedTenants(
  db: Session,
  page: { replayId: string; after: readonly string[] | null; limit: number },
): Promise<TenantRow[]> {
  const { after } = page;
  const result = await sql<TenantRow>`
    SELECT tenant_id, kind, divisor::text AS divisor, count(*)::int AS lines,
      trim_scale(coalesce(sum(unit_seconds), 0))::text AS unit_seconds,
      trim_scale(coalesce(sum(replayed_unit_seconds), 0))::text AS replayed_unit_seconds
    FROM replay_differences
    WHERE replay_id = ${page.replayId} AND (${after === null} OR (tenant_id COLLATE "C", kind COLLATE "C", divisor)
      > (${after?.[0] ?? ''}, ${after?.[1] ?? ''}, ${after?.[2] ?? 0}::int))
    GROUP BY tenant_id, kind, divisor ORDER BY tenant_id COLLATE "C", kind COLLATE "C", divisor LIMIT ${page.limit}`.execute(
    db,
  );
  return result.rows;
}

export type DifferenceRow = z.output<typeof metering.replayDifference> & { number: string };

export async function pageOfReplayDifferences(
  db: Session,
  page: { replayId: string; tenant: string | null; after: string | null; limit: number },
): Promise<DifferenceRow[]> {
  const result = await sql<DifferenceRow>`
    SELECT number, tenant_id, deployment_id, resource_id, kind, nullif(dimension, '') AS dimension, granularity, period_start, divisor::text AS divisor,
      trim_scale(unit_seconds)::text AS unit_seconds, trim_scale(replayed_unit_seconds)::text AS replayed_unit_seconds, is_pending
    FROM replay_differences
    WHERE replay_id = ${page.replayId} AND (${page.tenant}::text IS NULL OR tenant_id = ${page.tenant})
      AND number > ${page.after ?? '0'}::bigint
    ORDER BY number LIMIT ${page.limit}`.execute(db);
  return result.rows;
}
