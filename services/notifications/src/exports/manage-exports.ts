import { randomUUID } from 'node:crypto';
import { type notifications, refuse, tenantScope } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext } from '../context.ts';
import { objectKey } from '../domain/object-key.ts';
import { seal } from '../notifications/sealing.ts';
import { findWaiting, startRuns, tryRunsAgain } from '../store/export-runs.ts';
import {
  deleteExportRows,
  type ExportWithTick,
  findExport,
  setTick,
  updateExportRow,
} from '../store/scheduled-exports.ts';
import type { ScheduledExportRow, Tables } from '../store/schema.ts';
import { refuseBucketUrl } from './create-export.ts';
import { nextOf, refuseSchedule } from './schedule.ts';
import { noSuchExport, readExport } from './show-exports.ts';
import { runView } from './show-runs.ts';

/** The key of the object of a month of an export. */
export const keyOfMonth = (
  {
    prefix,
    dataset,
    format,
    tenant_id: tenantId,
  }: Pick<ScheduledExportRow, 'prefix' | 'dataset' | 'format' | 'tenant_id'>,
  period: string,
): string => objectKey({ prefix, dataset, format, tenantId, period });

type Update = CommandRequest<typeof notifications.updateScheduledExport, Tables>;

/** The row as the input changes it: what is not given stays. */
const changedRow = (
  { next_at: _next, ...row }: ExportWithTick,
  { export_id: _id, secret_access_key: secret, ...given }: Update['input'],
  keys: readonly string[],
): ScheduledExportRow => ({
  ...row,
  ...(Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<ScheduledExportRow>),
  ...(secret === undefined ? {} : { sealed: seal(secret, keys) }),
});

export async function updateExport({ input, actor, tx }: Update, ctx: CommandContext) {
  const given = { exportId: input.export_id, tenantId: tenantScope(actor) };
  const row = await findExport(tx.sql, { ...given, isLocked: true });
  if (row === null) return noSuchExport(input.export_id);
  const now = ctx.clock.now();
  const changed = changedRow(row, input, ctx.config.keys);
  const refused = refuseBucketUrl(changed, ctx) ?? refuseSchedule(changed.schedule, now);
  if (refused !== null) return refused;
  await updateExportRow(tx.sql, changed);
  if (changed.schedule !== row.schedule || (row.is_paused && !changed.is_paused))
    await setTick(tx.sql, row.export_id, nextOf(changed.schedule, now));
  await tryRunsAgain(tx.sql, { exportId: row.export_id, now, keyOf: (period) => keyOfMonth(changed, period) });
  await tx.enqueue('run-exports', {});
  return readExport(tx.sql, given);
}

export async function deleteExport(
  { input, actor, tx }: CommandRequest<typeof notifications.deleteScheduledExport, Tables>,
  _ctx: CommandContext,
) {
  const given = { exportId: input.export_id, tenantId: tenantScope(actor) };
  const row = await findExport(tx.sql, { ...given, isLocked: true });
  if (row === null) return noSuchExport(input.export_id);
  const before = await readExport(tx.sql, given);
  await deleteExportRows(tx.sql, row.export_id);
  return before;
}

/** Exports a month now. A run of it that waits is tried at once instead. */
export async function runExport(
  { input, actor, tx }: CommandRequest<typeof notifications.runScheduledExport, Tables>,
  ctx: CommandContext,
) {
  const { export_id: exportId, period } = input;
  const row = await findExport(tx.sql, { exportId, tenantId: tenantScope(actor), isLocked: true });
  if (row === null) return noSuchExport(exportId);
  if (row.is_paused)
    return refuse('export-paused', `The scheduled export ${exportId} is paused; set \`is_paused\` to false first.`);
  const now = ctx.clock.now();
  const run = { run_id: randomUUID(), export_id: exportId, period, cause: 'person' as const };
  await startRuns(tx.sql, [{ ...run, object_key: keyOfMonth(row, period) }], { now, dueAt: now });
  await tx.enqueue('run-exports', {});
  const waiting = await findWaiting(tx.sql, { exportId, period });
  return waiting === null ? noSuchExport(exportId) : runView(waiting);
}
