import { decodeCursor, encodeCursor, inventorySync, refuse, tenantScope } from '@arcadia/contracts';
import { answer, cutPage } from '@arcadia/platform';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { listEvents } from './store/list-events.ts';
import { type Filter, findResource, listResources, resourceView } from './store/list-resources.ts';
import type { Database } from './store/schema.ts';

const badCursor = refuse('invalid-cursor', 'The cursor is not one that this list has given.');

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where to go on: undefined when the cursor is none of ours, null at the beginning. */
const positionOf = (cursor: string | undefined): string[] | null | undefined => {
  if (cursor === undefined) return null;
  const key = decodeCursor(cursor, 3);
  return key !== null && uuidPattern.test(key[2] ?? '') ? key : undefined;
};

const page = async (ctx: Context, filter: Filter) =>
  cutPage(await listResources(ctx.db, filter), {
    limit: filter.limit,
    keyOf: (row) => [row.kind, row.name, row.resource_id],
    itemOf: resourceView,
  });

export const answerResources = answer<typeof inventorySync.listResources, Database, Config>(
  inventorySync.listResources,
  async ({ input, actor }, ctx) => {
    const after = positionOf(input.cursor);
    if (after === undefined) return badCursor;
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
      limit: input.limit,
    });
  },
);

export const answerUnattributed = answer<typeof inventorySync.listUnattributed, Database, Config>(
  inventorySync.listUnattributed,
  async ({ input, actor }, ctx) => {
    const after = positionOf(input.cursor);
    if (after === undefined) return badCursor;
    const tenant = tenantScope(actor);
    return page(ctx, {
      tenant,
      kind: input.kind,
      includeDeleted: false,
      isUnattributed: true,
      after,
      limit: input.limit,
    });
  },
);

/** How many events come with a resource; the rest are asked for by page. */
const newest = 50;

export const answerResource = answer<typeof inventorySync.getResource, Database, Config>(
  inventorySync.getResource,
  async ({ input, actor }, ctx) => {
    const tenant = tenantScope(actor);
    const row = await findResource(ctx.db, { id: input.resource_id, tenant });
    if (row === undefined) return refuse('not-found', `There is no resource ${input.resource_id}.`);
    const events = await listEvents(ctx.db, { resourceId: row.resource_id, tenant, before: null, limit: newest });
    return { ...resourceView(row), events: events.slice(0, newest) };
  },
);

export const answerEvents = answer<typeof inventorySync.listResourceEvents, Database, Config>(
  inventorySync.listResourceEvents,
  async ({ input, actor }, ctx) => {
    const key = input.cursor === undefined ? null : decodeCursor(input.cursor, 1);
    const before = key === null ? null : Number(key[0]);
    if (input.cursor !== undefined && (before === null || !Number.isSafeInteger(before))) return badCursor;
    const tenant = tenantScope(actor);
    const row = await findResource(ctx.db, { id: input.resource_id, tenant });
    if (row === undefined) return refuse('not-found', `There is no resource ${input.resource_id}.`);
    const events = await listEvents(ctx.db, { resourceId: row.resource_id, tenant, before, limit: input.limit });
    const items = events.slice(0, input.limit);
    const last = items.at(-1);
    return {
      items,
      next_cursor: events.length > input.limit && last !== undefined ? encodeCursor([last.entry]) : null,
    };
  },
);
