import { isRefusal, type provisioning } from '@arcadia/contracts';
import { type ContractReply, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { pageOfSagas, stepRowsOfAll } from '../store/sagas/saga-pages.ts';
import { sagaSummary } from './saga-views.ts';

/** Lists sagas, newest first. */
export async function listSagas(
  { input }: ReadRequest<typeof provisioning.listSagas>,
  ctx: Context,
): ContractReply<typeof provisioning.listSagas> {
  const before = readCursor(input.cursor, [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, /^[0-9a-f-]{36}$/]);
  if (isRefusal(before)) return before;
  const rows = await pageOfSagas(ctx.db, {
    status: input.status,
    kind: input.kind,
    deploymentId: input.deployment_id,
    before,
    limit: input.limit,
  });
  const steps = await stepRowsOfAll(
    ctx.db,
    rows.map(({ saga_id }) => saga_id),
  );
  return cutPage(rows, {
    limit: input.limit,
    keyOf: (saga) => [saga.created_at, saga.saga_id],
    itemOf: (saga) => sagaSummary(saga, steps.get(saga.saga_id) ?? []),
  });
}
