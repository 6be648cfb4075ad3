import { type Kysely, sql, type Transaction } from 'kysely';
import type { DeliveryState, Tables } from './schema.ts';

export type ExportAttemptRow = {
  number: number;
  attempted_at: string;
  duration_ms: number;
  status: number | null;
  error: string | null;
};

/** A run with its last attempt. */
export type RunRow = {
  run_id: string;
  export_id: string;
  period: string;
  cause: 'schedule' | 'close' | 'person';
  created_at: string;
  object_key: string;
  state: DeliveryState;
  bytes: string | null;
  attempts: number;
  due_at: string | null;
  number: number | null;
  attempted_at: string | null;
  duration_ms: number | null;
  status: number | null;
  error: string | null;
};

const shown = sql`
  r.run_id, r.export_id, r.period, r.cause, r.created_at, r.object_key, r.state, r.bytes, r.attempts, r.due_at,
  a.number, a.attempted_at, a.duration_ms, a.status, a.error`;
const joined = sql`export_runs r LEFT JOIN export_attempts a ON a.run_id = r.run_id AND a.number = r.attempts`;

/** A month that is to be exported. */
export type NewRun = {
  run_id: string;
  export_id: string;
  period: string;
  cause: RunRow['cause'];
  object_key: string;
};

/** Starts runs that are due at an instant. Where one of the same month waits already it stays, and is due then if that is earlier. */
export async function startRuns(
  db: Transaction<Tables>,
  runs: readonly NewRun[],
  { now, dueAt }: { now: Temporal.Instant; dueAt: Temporal.Instant },
): Promise<void> {
  if (runs.length === 0) return;
  // With the lock of `settleRun` no run begins to wait beside another one of its month.
  await sql`
    SELECT 1 FROM scheduled_exports WHERE export_id = ANY (${runs.map(({ export_id }) => export_id)}::uuid[])
    ORDER BY export_id FOR SHARE`.execute(db);
  await sql`
    INSERT INTO export_runs AS r (run_id, export_id, period, cause, created_at, object_key, state, attempts, tries, due_at)
    SELECT run_id, export_id, period, cause, ${now.toString()}::timestamptz, object_key, 'pending', 0, 0, ${dueAt.toString()}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(runs)}::jsonb) AS t (run_id uuid, export_id uuid, period text, cause text, object_key text)
    WHERE export_id IN (SELECT export_id FROM scheduled_exports)
    ORDER BY export_id, period
    ON CONFLICT (export_id, period) WHERE state = 'pending' AND lease IS NULL DO UPDATE SET due_at = least(r.due_at, excluded.due_at)`.execute(
    db,
  );
}

/** The run of a month that waits. */
export async function findWaiting(
  db: Kysely<Tables>,
  { exportId, period }: { exportId: string; period: string },
): Promise<RunRow | null> {
  const { rows } = await sql<RunRow>`
    SELECT ${shown} FROM ${joined}
    WHERE r.export_id = ${exportId}::uuid AND r.period = ${period} AND r.state = 'pending' AND r.lease IS NULL`.execute(
    db,
  );
  return rows[0] ?? null;
}

/** The newest run of each of these exports. */
export async function newestRuns(
  db: Kysely<Tables>,
  exportIds: readonly string[],
): Promise<ReadonlyMap<string, RunRow>> {
  const { rows } = await sql<RunRow>`
    SELECT ${shown} FROM unnest(${[...exportIds]}::uuid[]) AS wanted (export_id)
    CROSS JOIN LATERAL (
      SELECT * FROM export_runs n WHERE n.export_id = wanted.export_id ORDER BY n.created_at DESC, n.run_id DESC LIMIT 1
    ) r LEFT JOIN export_attempts a ON a.run_id = r.run_id AND a.number = r.attempts`.execute(db);
  return new Map(rows.map((row) => [row.export_id, row]));
}

/** Runs of an export, newest first: `limit + 1` of them if there are more. `after` is [created_at, run_id]. */
export async function pageOfRuns(
  db: Kysely<Tables>,
  given: {
    exportId: string;
    state: DeliveryState | undefined;
    after: readonly string[] | null;
    limit: number;
  },
): Promise<RunRow[]> {
  const { exportId, state, after, limit } = given;
  const { rows } = await sql<RunRow>`
    SELECT ${shown} FROM ${joined}
    WHERE r.export_id = ${exportId}::uuid
      ${state === undefined ? sql`` : sql`AND r.state = ${state}`}
      ${after === null ? sql`` : sql`AND (r.created_at, r.run_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`}
    ORDER BY r.created_at DESC, r.run_id DESC LIMIT ${limit + 1}`.execute(db);
  return rows;
}

/** A run, of an export of one tenant if `tenantId` is given (null: of any). */
export async function findRun(
  db: Kysely<Tables>,
  { runId, tenantId }: { runId: string; tenantId: string | null },
): Promise<RunRow | null> {
  const { rows } = await sql<RunRow>`
    SELECT ${shown} FROM ${joined} JOIN scheduled_exports e ON e.export_id = r.export_id
    WHERE r.run_id = ${runId}::uuid ${tenantId === null ? sql`` : sql`AND e.tenant_id = ${tenantId}`}`.execute(db);
  return rows[0] ?? null;
}

/** The last attempts of a run, newest first. */
export async function attemptsOfRun(db: Kysely<Tables>, runId: string, most: number): Promise<ExportAttemptRow[]> {
  const { rows } = await sql<ExportAttemptRow>`
    SELECT number, attempted_at, duration_ms, status, error FROM export_attempts
    WHERE run_id = ${runId}::uuid ORDER BY number DESC LIMIT ${most}`.execute(db);
  return rows;
}

/** Makes the waiting runs of an export due now with all their tries, under the key that follows from the changed export. */
export async function tryRunsAgain(
  db: Transaction<Tables>,
  { exportId, now, keyOf }: { exportId: string; now: Temporal.Instant; keyOf: (period: string) => string },
): Promise<void> {
  const { rows } = await sql<{ run_id: string; period: string }>`
    SELECT run_id, period FROM export_runs
    WHERE export_id = ${exportId}::uuid AND state = 'pending' AND lease IS NULL ORDER BY run_id FOR UPDATE`.execute(db);
  for (const { run_id, period } of rows)
    await sql`
      UPDATE export_runs SET due_at = ${now.toString()}::timestamptz, tries = 0, object_key = ${keyOf(period)}, upload_id = NULL
      WHERE run_id = ${run_id}::uuid`.execute(db);
}

/** How many rows are deleted in one statement. */
const rowsAtOnce = 5_000;

/** Deletes some runs that were started before an instant and do not wait, with their attempts. Returns whether there may be more. */
export async function deleteRunsBefore(db: Kysely<Tables>, before: Temporal.Instant): Promise<boolean> {
  const { rows } = await sql<{ deleted: string }>`
    WITH old AS MATERIALIZED (
      SELECT run_id FROM export_runs WHERE created_at < ${before.toString()}::timestamptz AND state <> 'pending'
      ORDER BY created_at LIMIT ${rowsAtOnce}
    ), attempts AS (
      DELETE FROM export_attempts WHERE run_id IN (SELECT run_id FROM old)
    ), deleted AS (
      DELETE FROM export_runs WHERE run_id IN (SELECT run_id FROM old) RETURNING 1
    )
    SELECT count(*) AS deleted FROM deleted`.execute(db);
  return Number(rows[0]?.deleted) === rowsAtOnce;
}
