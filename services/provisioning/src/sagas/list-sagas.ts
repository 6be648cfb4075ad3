import { isRefusal, type provisioning } from '@arcadia/contracts';
import { type ContractReply, cutPage, type ReadRequest, readCursor, readSorting, sortCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { pageOfSagas, stepRowsOfAll } from '../store/sagas/saga-pages.ts';
import { sagaSummary } from './saga-views.ts';

/** The time of creation and the id of the last saga of a page. */
const sortKey = [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, /^[0-9a-f-]{36}$/];

/** Lists sagas, newest first unless they are sorted. */
export async function listSagas(
  { input }: ReadRequest<typeof provisioning.listSagas>,
  ctx: Context,
): ContractReply<typeof provisioning.listSagas> {
  const sorting = readSorting(input.sort, input.cursor);
  if (isRefusal(sorting)) return sorting;
  const before = sorting === null ? readCursor(input.cursor, sortKey) : null;
  if (isRefusal(before)) return before;
  const rows = await pageOfSagas(ctx.db, {
    status: input.status,
    kind: input.kind,
    deploymentId: input.deployment_id,
    before,
    sorting,
    limit: input.limit,
  });
  const steps = await stepRowsOfAll(
    ctx.db,
    rows.map(({ saga_id }) => saga_id),
  );
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ created_at, saga_id: id, sort_key }) =>
      sorting === null ? [created_at, id] : sortCursor(sorting, { sort_key, id }),
    itemOf: (saga) => sagaSummary(saga, steps.get(saga.saga_id) ?? []),
  });
}
