import { isRefusal, type provisioning, tenantScope } from '@arcadia/contracts';
import { type ContractReply, cutPage, type ReadRequest, readCursor, readSorting, sortCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { viewOf } from '../domain/deployments/deployment.ts';
import { pageOfDeployments } from '../store/deployments/deployment-pages.ts';

/** Lists deployments by slug. A tenant that names another tenant gets its own deployments. */
export async function listDeployments(
  { input, actor }: ReadRequest<typeof provisioning.listDeployments>,
  ctx: Context,
): ContractReply<typeof provisioning.listDeployments> {
  const sorting = readSorting(input.sort, input.cursor);
  if (isRefusal(sorting)) return sorting;
  const after = sorting === null ? readCursor(input.cursor, [/^[a-z0-9-]+$/, /^[0-9a-f-]{36}$/]) : null;
  if (isRefusal(after)) return after;
  const rows = await pageOfDeployments(ctx.db, {
    tenantId: tenantScope(actor) ?? input.tenant_id ?? null,
    state: input.status,
    text: input.q,
    after,
    sorting,
    limit: input.limit,
  });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ slug, deployment_id: id, sort_key = null }) =>
      sorting === null ? [slug, id] : sortCursor(sorting, { sort_key, id }),
    itemOf: viewOf,
  });
}
