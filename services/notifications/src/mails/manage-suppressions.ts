import { isRefusal, type notifications, refuse } from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { deleteSuppressionRow, pageOfSuppressions } from '../store/mails.ts';
import type { Tables } from '../store/schema.ts';

export async function listSuppressions(
  { input }: ReadRequest<typeof notifications.listMailSuppressions>,
  ctx: Context,
) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const { recipient, limit } = input;
  const rows = await pageOfSuppressions(ctx.db, { recipient, after, limit });
  return cutPage(rows, { limit, keyOf: (row) => [row.suppressed_at, row.suppression_id], itemOf: (row) => row });
}

export async function deleteSuppression({
  input,
  tx,
}: CommandRequest<typeof notifications.deleteMailSuppression, Tables>) {
  const row = await deleteSuppressionRow(tx.sql, input.suppression_id);
  return row ?? refuse('not-found', `There is no mail suppression ${input.suppression_id}.`);
}
