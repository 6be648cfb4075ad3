import { type inventorySync, isRefusal, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor, readSorting, sortCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { type Filter, resourceView, selectResources } from '../store/resources/select-resources.ts';

const anything = /^/;
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Kind, name and id of the last resource of a page. */
const sortKey = [anything, anything, uuidPattern];

/** Resources by kind and name. A tenant gets its own only. */
export async function listResources({ input, actor }: ReadRequest<typeof inventorySync.listResources>, ctx: Context) {
  const sorting = readSorting(input.sort, input.cursor);
  if (isRefusal(sorting)) return sorting;
  const after = sorting === null ? readCursor(input.cursor, sortKey) : null;
  if (isRefusal(after)) return after;
  return page(ctx, {
    tenant: tenantScope(actor),
    kind: input.kind,
    status: input.status,
    projectId: input.project_id,
    deploymentId: input.deployment_id,
    tenantId: input.tenant_id,
    text: input.q,
    includeDeleted: input.include_deleted === 'true',
    after,
    sorting,
    limit: input.limit,
  });
}

/** Present resources that belong to no deployment. */
export async function listUnattributed(
  { input, actor }: ReadRequest<typeof inventorySync.listUnattributed>,
  ctx: Context,
) {
  const after = readCursor(input.cursor, sortKey);
  if (isRefusal(after)) return after;
  return page(ctx, {
    tenant: tenantScope(actor),
    kind: input.kind,
    text: input.q,
    includeDeleted: false,
    isUnattributed: true,
    after,
    sorting: null,
    limit: input.limit,
  });
}

async function page(ctx: Context, filter: Filter) {
  return cutPage(await selectResources(ctx.db, filter), {
    limit: filter.limit,
    keyOf: ({ kind, name, resource_id: id, sort_key }) =>
      filter.sorting === null ? [kind, name, id] : sortCursor(filter.sorting, { sort_key, id }),
    itemOf: resourceView,
  });
}
