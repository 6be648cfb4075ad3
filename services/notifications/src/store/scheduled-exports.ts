import { type Kysely, sql, type Transaction } from 'kysely';
import type { ScheduledExportRow, Tables } from './schema.ts';

/** A scheduled export with when its schedule is due next; null: not by time, or it is not decided yet. */
export type ExportWithTick = ScheduledExportRow & { next_at: string | null };

export async function insertExport(db: Transaction<Tables>, row: ScheduledExportRow): Promise<void> {
  await db.insertInto('scheduled_exports').values(row).execute();
}

export async function updateExportRow(
  db: Transaction<Tables>,
  { export_id, ...changed }: ScheduledExportRow,
): Promise<void> {
  await db.updateTable('scheduled_exports').set(changed).where('export_id', '=', export_id).execute();
}

const ownOnly = (tenantId: string | null) => (tenantId === null ? sql`` : sql`AND e.tenant_id = ${tenantId}`);
const withTick = sql`scheduled_exports e LEFT JOIN export_ticks t USING (export_id)`;

/** A scheduled export, of one tenant if `tenantId` is given (null: of any, and the operator's). */
export async function findExport(
  db: Kysely<Tables>,
  { exportId, tenantId, isLocked = false }: { exportId: string; tenantId: string | null; isLocked?: boolean },
): Promise<ExportWithTick | null> {
  const { rows } = await sql<ExportWithTick>`
    SELECT e.*, t.next_at FROM ${withTick} WHERE e.export_id = ${exportId}::uuid ${ownOnly(tenantId)}
    ${isLocked ? sql`FOR UPDATE OF e` : sql``}`.execute(db);
  return rows[0] ?? null;
}

/** Scheduled exports, newest first: `limit + 1` of them if there are more. `after` is [created_at, export_id]. */
export async function pageOfExports(
  db: Kysely<Tables>,
  { tenantId, after, limit }: { tenantId: string | null; after: readonly string[] | null; limit: number },
): Promise<ExportWithTick[]> {
  const { rows } = await sql<ExportWithTick>`
    SELECT e.*, t.next_at FROM ${withTick} WHERE true ${ownOnly(tenantId)}
      ${after === null ? sql`` : sql`AND (e.created_at, e.export_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`}
    ORDER BY e.created_at DESC, e.export_id DESC LIMIT ${limit + 1}`.execute(db);
  return rows;
}

/** How many exports a tenant has, or the operator (null). Another one that is made meanwhile waits until the transaction ends. */
export async function countExports(db: Transaction<Tables>, tenantId: string | null): Promise<number> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`scheduled exports of ${tenantId ?? ''}`}, 0))`.execute(db);
  const { rows } = await sql<{ count: string }>`
    SELECT count(*) AS count FROM scheduled_exports WHERE tenant_id IS NOT DISTINCT FROM ${tenantId}`.execute(db);
  return Number(rows[0]?.count);
}

/** Deletes an export with its runs. One that is being uploaded ends at the next renewal of its lease. */
export async function deleteExportRows(db: Transaction<Tables>, exportId: string): Promise<void> {
  await sql`
    DELETE FROM export_attempts a USING export_runs r
    WHERE a.run_id = r.run_id AND r.export_id = ${exportId}::uuid`.execute(db);
  for (const table of ['export_runs', 'export_ticks', 'export_health', 'scheduled_exports'])
    await sql`DELETE FROM ${sql.table(table)} WHERE export_id = ${exportId}::uuid`.execute(db);
}

/** Sets when the schedule of an export is due next; null: never. */
export async function setTick(
  db: Transaction<Tables>,
  exportId: string,
  nextAt: Temporal.Instant | null,
): Promise<void> {
  if (nextAt === null) await sql`DELETE FROM export_ticks WHERE export_id = ${exportId}::uuid`.execute(db);
  else
    await sql`
      INSERT INTO export_ticks (export_id, next_at) VALUES (${exportId}::uuid, ${nextAt.toString()}::timestamptz)
      ON CONFLICT (export_id) DO UPDATE SET next_at = excluded.next_at`.execute(db);
}

/** Some exports whose schedule is due, or has no time yet (after a set-back), locked; those that another replica has locked are left out. */
export async function dueExports(
  db: Transaction<Tables>,
  now: Temporal.Instant,
  most: number,
): Promise<ExportWithTick[]> {
  const { rows } = await sql<ExportWithTick>`
    SELECT e.*, t.next_at FROM ${withTick}
    WHERE e.schedule IS NOT NULL AND NOT e.is_paused AND (t.next_at IS NULL OR t.next_at <= ${now.toString()}::timestamptz)
    ORDER BY e.export_id LIMIT ${most} FOR UPDATE OF e SKIP LOCKED`.execute(db);
  return rows;
}

/** A month of which rows have changed, of one tenant (null: of the operator's own dataset), and when. */
export type ChangedMonth = {
  dataset: 'charges' | 'costs';
  tenant_id: string | null;
  period: string;
  occurred_at: string;
};

/** The exports that follow a close and have a month in which rows have changed since they were made, each with the month. */
export async function exportsToFollow(
  db: Transaction<Tables>,
  changed: readonly ChangedMonth[],
): Promise<(ScheduledExportRow & { period: string })[]> {
  if (changed.length === 0) return [];
  const { rows } = await sql<ScheduledExportRow & { period: string }>`
    SELECT DISTINCT e.*, c.period FROM jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) AS c (
      dataset text, tenant_id text, period text, occurred_at timestamptz)
    JOIN scheduled_exports e ON e.dataset = c.dataset AND (e.tenant_id IS NULL OR e.tenant_id = c.tenant_id)
    WHERE e.is_after_close AND NOT e.is_paused AND e.created_at <= c.occurred_at
    ORDER BY e.export_id, c.period`.execute(db);
  return rows;
}
