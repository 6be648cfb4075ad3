import { type Kysely, sql } from 'kysely';
import type { ScheduledExportRow, Tables } from './schema.ts';

/** A run that this worker has claimed, with its export. */
export type ClaimedRun = Pick<
  ScheduledExportRow,
  'tenant_id' | 'dataset' | 'format' | 'endpoint_url' | 'region' | 'bucket' | 'prefix' | 'access_key' | 'sealed'
> & {
  run_id: string;
  export_id: string;
  period: string;
  tries: number;
  /** A multipart upload of an attempt before, which may be unfinished. */
  upload_id: string | null;
};

/**
 * Claims runs that are due until the lease ends: at most one of each tenant at a time, so that slow buckets hold no other tenant up,
 * and those first that have failed least.
 */
export async function claimRuns(
  db: Kysely<Tables>,
  { most, lease, now, until }: { most: number; lease: string; now: Temporal.Instant; until: Temporal.Instant },
): Promise<ClaimedRun[]> {
  const at = sql`${now.toString()}::timestamptz`;
  return await db.transaction().execute(async (trx) => {
    // One claim at a time, so that no tenant gets two places.
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('claim export runs', 0))`.execute(trx);
    const { rows } = await sql<ClaimedRun>`
      WITH waiting AS MATERIALIZED (
        SELECT r.run_id, r.tries, r.due_at, r.lease IS NOT NULL AND r.due_at > ${at} AS is_in_progress,
          row_number() OVER (PARTITION BY e.tenant_id ORDER BY r.lease IS NULL OR r.due_at <= ${at}, r.tries, r.due_at, r.run_id) AS place
        FROM export_runs r JOIN scheduled_exports e USING (export_id)
        WHERE r.state = 'pending' AND NOT e.is_paused AND (r.due_at <= ${at} OR r.lease IS NOT NULL)
      ), chosen AS (
        SELECT run_id FROM waiting WHERE place = 1 AND NOT is_in_progress ORDER BY tries, due_at LIMIT ${most}
      ), claimed AS (
        UPDATE export_runs SET lease = ${lease}::uuid, due_at = ${until.toString()}::timestamptz
        WHERE run_id IN (SELECT run_id FROM chosen)
        RETURNING run_id, export_id, period, tries, upload_id
      )
      SELECT c.*, e.tenant_id, e.dataset, e.format, e.endpoint_url, e.region, e.bucket, e.prefix, e.access_key, e.sealed
      FROM claimed c JOIN scheduled_exports e USING (export_id)`.execute(trx);
    return rows;
  });
}

/** Prolongs the lease of a run, and notes the multipart upload that was begun. Returns whether the lease is still held. */
export async function renewRun(
  db: Kysely<Tables>,
  { runId, lease, until, uploadId }: { runId: string; lease: string; until: Temporal.Instant; uploadId: string | null },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE export_runs SET due_at = ${until.toString()}::timestamptz, upload_id = ${uploadId}
    WHERE run_id = ${runId}::uuid AND lease = ${lease}::uuid`.execute(db);
  return Number(numAffectedRows ?? 0n) === 1;
}

/** When the next run is due of an export that is not paused; null: nothing waits. */
export async function nextRunDue(db: Kysely<Tables>): Promise<string | null> {
  const { rows } = await sql<{ due_at: string | null }>`
    SELECT min(r.due_at) AS due_at FROM export_runs r JOIN scheduled_exports e USING (export_id)
    WHERE r.state = 'pending' AND NOT e.is_paused`.execute(db);
  return rows[0]?.due_at ?? null;
}
