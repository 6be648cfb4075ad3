import { isRefusal, type notifications, type RequestOutput, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { attemptsOfRun, type ExportAttemptRow, findRun, pageOfRuns, type RunRow } from '../store/export-runs.ts';
import { findExport } from '../store/scheduled-exports.ts';

type View = RequestOutput<typeof notifications.runScheduledExport>;

const mostAttemptsShown = 50;

const attemptOf = ({ number, attempted_at, duration_ms, status, error }: ExportAttemptRow) => ({
  number,
  attempted_at,
  duration_ms,
  http_status: status,
  error,
});

/** A run as the API shows it. */
export const runView = (row: RunRow): View => {
  const { number, attempted_at, duration_ms, status, error } = row;
  return {
    run_id: row.run_id,
    export_id: row.export_id,
    period: row.period,
    cause: row.cause,
    status: row.state,
    created_at: row.created_at,
    object_key: row.object_key,
    bytes: row.bytes === null ? null : Number(row.bytes),
    attempts: row.attempts,
    next_attempt_at: row.due_at,
    last_attempt:
      number === null || attempted_at === null || duration_ms === null
        ? null
        : attemptOf({ number, attempted_at, duration_ms, status, error }),
  };
};

export async function listRuns({ input, actor }: ReadRequest<typeof notifications.listExportRuns>, ctx: Context) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const { export_id: exportId, status: state, limit } = input;
  if ((await findExport(ctx.db, { exportId, tenantId: tenantScope(actor) })) === null)
    return refuse('not-found', `There is no scheduled export ${exportId}.`);
  const rows = await pageOfRuns(ctx.db, { exportId, state, after, limit });
  return cutPage(rows, { limit, keyOf: ({ created_at, run_id }) => [created_at, run_id], itemOf: runView });
}

export async function getRun({ input, actor }: ReadRequest<typeof notifications.getExportRun>, ctx: Context) {
  const row = await findRun(ctx.db, { runId: input.run_id, tenantId: tenantScope(actor) });
  if (row === null) return refuse('not-found', `There is no run ${input.run_id} of a scheduled export.`);
  const attempts = await attemptsOfRun(ctx.db, row.run_id, mostAttemptsShown);
  return { ...runView(row), recent_attempts: attempts.map(attemptOf) };
}
