import { isRefusal, type notifications, type RequestOutput, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { Context } from '../context.ts';
import { newestRuns, type RunRow } from '../store/export-runs.ts';
import { type ExportWithTick, findExport, pageOfExports } from '../store/scheduled-exports.ts';
import type { Tables } from '../store/schema.ts';
import { runView } from './show-runs.ts';

type View = RequestOutput<typeof notifications.getScheduledExport>;

export const noSuchExport = (exportId: string) => refuse('not-found', `There is no scheduled export ${exportId}.`);

/** An export as the API shows it, with its newest run. */
export const exportView = ({ next_at, sealed: _sealed, ...row }: ExportWithTick, run: RunRow | undefined): View => ({
  ...row,
  next_run_at: row.is_paused ? null : next_at,
  last_run: run === undefined ? null : runView(run),
});

/** An export by its id, of one tenant if `tenantId` is given; a refusal if there is none. */
export async function readExport(db: Kysely<Tables>, given: { exportId: string; tenantId: string | null }) {
  const row = await findExport(db, given);
  if (row === null) return noSuchExport(given.exportId);
  return exportView(row, (await newestRuns(db, [row.export_id])).get(row.export_id));
}

export async function getExport({ input, actor }: ReadRequest<typeof notifications.getScheduledExport>, ctx: Context) {
  return readExport(ctx.db, { exportId: input.export_id, tenantId: tenantScope(actor) });
}

export async function listExports(
  { input, actor }: ReadRequest<typeof notifications.listScheduledExports>,
  ctx: Context,
) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const scope = tenantScope(actor);
  // A tenant that names another one gets the empty list of a tenant that does not exist.
  if (scope !== null && (input.tenant_id ?? scope) !== scope) return { items: [], next_cursor: null };
  const { limit } = input;
  const rows = await pageOfExports(ctx.db, { tenantId: scope ?? input.tenant_id ?? null, after, limit });
  const runs = await newestRuns(
    ctx.db,
    rows.map(({ export_id }) => export_id),
  );
  return cutPage(rows, {
    limit,
    keyOf: ({ created_at, export_id }) => [created_at, export_id],
    itemOf: (row) => exportView(row, runs.get(row.export_id)),
  });
}
