import { type inventorySync, isRefusal, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { findProject, projectView, selectProjects } from '../store/projects/select-projects.ts';

/** Name and id of the last project of a page. */
const sortKey = [/^/, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/];

/** Projects by name. A tenant gets those that are classified as its own. */
export async function listProjects({ input, actor }: ReadRequest<typeof inventorySync.listProjects>, ctx: Context) {
  const after = readCursor(input.cursor, sortKey);
  if (isRefusal(after)) return after;
  const rows = await selectProjects(ctx.db, { tenant: tenantScope(actor), text: input.q, after, limit: input.limit });
  return cutPage(rows, { limit: input.limit, keyOf: (row) => [row.name, row.project_id], itemOf: projectView });
}

/** One project. For a tenant, one that is not classified as its own does not exist. */
export async function getProject({ input, actor }: ReadRequest<typeof inventorySync.getProject>, ctx: Context) {
  const row = await findProject(ctx.db, { id: input.project_id, tenant: tenantScope(actor) });
  return row === undefined ? refuse('not-found', `There is no project ${input.project_id}.`) : projectView(row);
}
