import { type inventorySync, isRefusal, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { selectEvents } from '../store/resources/select-events.ts';
import { findResource, resourceView } from '../store/resources/select-resources.ts';

/** Events that are returned together with their resource; the others are listed page by page. */
const newestEvents = 50;

const notFound = (id: string) => refuse('not-found', `There is no resource ${id}.`);

/** One resource with its newest events. */
export async function showResource({ input, actor }: ReadRequest<typeof inventorySync.getResource>, ctx: Context) {
  const tenant = tenantScope(actor);
  const row = await findResource(ctx.db, { id: input.resource_id, tenant });
  if (row === undefined) return notFound(input.resource_id);
  const events = await selectEvents(ctx.db, { resourceId: row.resource_id, tenant, before: null, limit: newestEvents });
  return { ...resourceView(row), events: events.slice(0, newestEvents) };
}

/** The log of one resource, newest event first. */
export async function listResourceEvents(
  { input, actor }: ReadRequest<typeof inventorySync.listResourceEvents>,
  ctx: Context,
) {
  const after = readCursor(input.cursor, [/^\d{1,10}$/]);
  if (isRefusal(after)) return after;
  const tenant = tenantScope(actor);
  const row = await findResource(ctx.db, { id: input.resource_id, tenant });
  if (row === undefined) return notFound(input.resource_id);
  const before = after === null ? null : Number(after[0]);
  const events = await selectEvents(ctx.db, { resourceId: row.resource_id, tenant, before, limit: input.limit });
  return cutPage(events, { limit: input.limit, keyOf: ({ entry }) => [entry], itemOf: (event) => event });
}
