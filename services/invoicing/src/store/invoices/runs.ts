import type { Period } from '@arcadia/contracts';
import { steady, unawaited } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db, Tables } from '../schema.ts';
import { billing } from './billed-periods.ts';
import type { RunStatus, WaitsFor } from './run-tables.ts';
import type { BillDecision } from './without-bill.ts';

export type Run = { period: Period; tenantId: string; closeRevision: number; isForced: boolean };

export type RunRow = Omit<Tables['invoice_runs'], 'attempts'> & {
  attempts: number;
} & (BillDecision | { [Name in keyof BillDecision]: null });

/** Records that runs are queued. A run that is known already keeps its result. */
export const noteQueued = async (db: Db, runs: readonly Run[], at: Temporal.Instant): Promise<void> => {
  await sql`${steady}
    INSERT INTO invoice_runs (period, tenant_id, close_revision, is_forced, status, queued_at)
    SELECT period, tenant_id, close_revision, is_forced, 'queued', ${at.toString()}::timestamptz
    FROM unnest(${runs.map(({ period }) => period)}::text[], ${runs.map(({ tenantId }) => tenantId)}::text[],
      ${runs.map(({ closeRevision }) => closeRevision)}::int[], ${runs.map(({ isForced }) => isForced)}::boolean[])
      AS r(period, tenant_id, close_revision, is_forced)
    ON CONFLICT DO NOTHING`.execute(db);
};

export type RunCounts = {
  tenants: number;
  queued: number;
  waiting: number;
  failed: number;
  finished: number;
  started_at: string | null;
  last_finished_at: string | null;
};

/** How the runs of a close stand. */
export const countRuns = async (db: Db, close: { period: Period; revision: number }): Promise<RunCounts> => {
  const { rows } = await sql<RunCounts>`
    SELECT count(*)::int AS tenants,
      count(*) FILTER (WHERE status = 'queued')::int AS queued,
      count(*) FILTER (WHERE status = 'waiting')::int AS waiting,
      count(*) FILTER (WHERE status = 'failed')::int AS failed,
      count(*) FILTER (WHERE status NOT IN ('queued', 'waiting', 'failed'))::int AS finished,
      min(queued_at) AS started_at, max(finished_at) AS last_finished_at
    FROM invoice_runs WHERE period = ${close.period} AND close_revision = ${close.revision}`.execute(db);
  return rows[0] as RunCounts;
};

/** Records the outcome of a run and, where it billed the month, that too, in one statement; in a transaction before its next statement or commit. */
export const noteRun = async (
  db: Db,
  run: Run,
  outcome: {
    status: RunStatus;
    detail: string | null;
    invoiceId: string | null;
    waitsFor: WaitsFor | null;
    isBilled?: boolean;
    at: Temporal.Instant;
  },
): Promise<void> => {
  const finished = outcome.status === 'waiting' ? null : outcome.at.toString();
  const billed = outcome.isBilled === true ? sql`WITH billed AS (${billing({ ...run, ...outcome })})` : sql``;
  await sql`${steady}
    ${billed} INSERT INTO invoice_runs (period, tenant_id, close_revision, is_forced, status, detail, invoice_id, attempts, finished_at, waits_for)
    VALUES (${run.period}, ${run.tenantId}, ${run.closeRevision}, ${run.isForced}, ${outcome.status}, ${outcome.detail}, ${outcome.invoiceId}, 1, ${finished},
      ${outcome.waitsFor})
    ON CONFLICT (period, tenant_id, close_revision) DO UPDATE SET is_forced = EXCLUDED.is_forced, status = EXCLUDED.status,
      detail = EXCLUDED.detail, invoice_id = coalesce(EXCLUDED.invoice_id, invoice_runs.invoice_id), attempts = invoice_runs.attempts + 1,
      finished_at = EXCLUDED.finished_at, waits_for = EXCLUDED.waits_for${unawaited}`.execute(db);
};

/** How often a run was attempted. */
export const attemptsOf = async (db: Db, run: Run): Promise<number> => {
  const { rows } = await sql<{ attempts: number }>`SELECT attempts FROM invoice_runs
    WHERE period = ${run.period} AND tenant_id = ${run.tenantId} AND close_revision = ${run.closeRevision}`.execute(db);
  return rows[0]?.attempts ?? 1;
};

/** How many runs wait, and the oldest of them with its reason. */
export const countWaitingRuns = async (db: Db): Promise<{ waiting: number; example: string }> => {
  const { rows } = await sql<{ waiting: number; example: string | null }>`
    SELECT count(*)::int AS waiting, min(period || ' of ' || tenant_id || ': ' || coalesce(detail, 'no reason')) AS example
    FROM invoice_runs WHERE status = 'waiting'`.execute(db);
  return { waiting: rows[0]?.waiting ?? 0, example: rows[0]?.example ?? '' };
};

/** The waiting runs of these tenants. */
export const waitingRunsOf = async (db: Db, tenants: readonly string[]): Promise<Run[]> => {
  const { rows } =
    await sql<Run>`SELECT period, tenant_id AS "tenantId", close_revision AS "closeRevision", is_forced AS "isForced"
    FROM invoice_runs WHERE status = 'waiting' AND tenant_id = ANY(${tenants}::text[])`.execute(db);
  return rows;
};

/** The waiting runs of these months. */
export const waitingRuns = async (db: Db, of: readonly { tenantId: string; period: Period }[]): Promise<Run[]> => {
  const { rows } =
    await sql<Run>`SELECT period, tenant_id AS "tenantId", close_revision AS "closeRevision", is_forced AS "isForced"
    FROM invoice_runs WHERE status = 'waiting' AND (tenant_id, period) IN (
      SELECT * FROM unnest(${of.map(({ tenantId }) => tenantId)}::text[], ${of.map(({ period }) => period)}::text[]))`.execute(
      db,
    );
  return rows;
};

/** The waiting runs of all tenants in these periods. */
export const waitingRunsOfPeriods = async (db: Db, periods: readonly Period[]): Promise<Run[]> => {
  const { rows } =
    await sql<Run>`SELECT period, tenant_id AS "tenantId", close_revision AS "closeRevision", is_forced AS "isForced"
    FROM invoice_runs WHERE status = 'waiting' AND period = ANY(${periods}::text[])`.execute(db);
  return rows;
};

/** Runs, newest period first; one row above the limit. */
export const pageOfRuns = async (
  db: Db,
  page: {
    period: string | null;
    tenantId: string | null;
    status: string | null;
    after: readonly [period: string, tenant: string, revision: number] | null;
    limit: number;
  },
): Promise<RunRow[]> => {
  const after =
    page.after === null
      ? sql`true`
      : sql`(period < ${page.after[0]} OR (period = ${page.after[0]} AND (tenant_id, close_revision) > (${page.after[1]}, ${page.after[2]}::int)))`;
  const { rows } = await sql<RunRow>`SELECT r.*, d.reason, d.decided_by, d.decided_at
    FROM invoice_runs r LEFT JOIN invoices_without_bill d USING (tenant_id, period)
    WHERE (${page.period}::text IS NULL OR period = ${page.period}) AND (${page.tenantId}::text IS NULL OR tenant_id = ${page.tenantId})
      AND (${page.status}::text IS NULL OR status = ${page.status}) AND ${after}
    ORDER BY period DESC, tenant_id, close_revision LIMIT ${page.limit + 1}`.execute(db);
  return rows;
};
