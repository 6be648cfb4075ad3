import { sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** An attempt that has ended, and what follows from it. */
export type SettledRun = {
  runId: string;
  objectKey: string;
  state: 'pending' | 'delivered' | 'failed';
  dueAt: string | null;
  bytes: number | null;
  uploadId: string | null;
  attemptedAt: string;
  durationMs: number;
  status: number | null;
  error: string | null;
  /** True: the service was stopped meanwhile, so the attempt proves nothing about the bucket. */
  isStopped: boolean;
};

/** A month of an export. */
export type ExportMonth = { export_id: string; period: string };

/**
 * Records an attempt in its run and in the log. A run whose lease was lost stays as it is. One that failed while a later run of the same
 * month waits is skipped: that one does its work.
 * @returns the month; null: the lease was lost
 */
export async function settleRun(
  db: Transaction<Tables>,
  settled: SettledRun,
  lease: string,
): Promise<ExportMonth | null> {
  await sql`
    SELECT 1 FROM scheduled_exports WHERE export_id = (SELECT export_id FROM export_runs WHERE run_id = ${settled.runId}::uuid)
    FOR UPDATE`.execute(db);
  const { rows } = await sql<ExportMonth & { attempts: number }>`
    WITH run AS (
      SELECT run_id, export_id, period FROM export_runs
      WHERE run_id = ${settled.runId}::uuid AND lease = ${lease}::uuid FOR UPDATE
    ), next AS (
      SELECT run_id, CASE WHEN ${settled.state} = 'pending' AND EXISTS (
        SELECT 1 FROM export_runs w
        WHERE w.export_id = run.export_id AND w.period = run.period AND w.state = 'pending' AND w.lease IS NULL
      ) THEN 'skipped' ELSE ${settled.state} END AS state FROM run
    )
    UPDATE export_runs r SET state = n.state, due_at = CASE WHEN n.state = 'pending' THEN ${settled.dueAt}::timestamptz END,
      lease = NULL, object_key = ${settled.objectKey}, bytes = ${settled.bytes}::bigint, upload_id = ${settled.uploadId}, attempts = attempts + 1, tries = tries + 1
    FROM next n WHERE r.run_id = n.run_id RETURNING r.attempts, r.export_id, r.period`.execute(db);
  const [run] = rows;
  if (run === undefined) return null;
  await sql`
    INSERT INTO export_attempts (run_id, number, attempted_at, duration_ms, status, error)
    VALUES (${settled.runId}::uuid, ${run.attempts}, ${settled.attemptedAt}::timestamptz, ${settled.durationMs}, ${settled.status},
      ${settled.error})`.execute(db);
  return { export_id: run.export_id, period: run.period };
}
