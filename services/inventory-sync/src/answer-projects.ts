import { decodeCursor, inventorySync, refuse, tenantScope } from '@arcadia/contracts';
import { answer, cutPage } from '@arcadia/platform';
import { attributeByRules } from './attribute-by-rules.ts';
import type { Config } from './config.ts';
import { toMicroseconds } from './domain/resource.ts';
import { holdAttribution } from './store/attribution-lock.ts';
import { classifyProject, listProjects, lockProject, projectView } from './store/list-projects.ts';
import { makeInternal } from './store/projects.ts';
import type { Database } from './store/schema.ts';

export const answerProjects = answer<typeof inventorySync.listProjects, Database, Config>(
  inventorySync.listProjects,
  async ({ input, actor }, ctx) => {
    const after = input.cursor === undefined ? null : decodeCursor(input.cursor, 2);
    if (input.cursor !== undefined && (after === null || !/^[0-9a-f-]{36}$/.test(after[1] ?? '')))
      return refuse('invalid-cursor', 'The cursor is not one that this list has given.');
    const rows = await listProjects(ctx.db, { tenant: tenantScope(actor), after, limit: input.limit });
    return cutPage(rows, { limit: input.limit, keyOf: (row) => [row.name, row.project_id], itemOf: projectView });
  },
);

/** A project's classification decides whose its members are, so they are looked at again at once. */
export const answerUpdateProject = answer<typeof inventorySync.updateProject, Database, Config>(
  inventorySync.updateProject,
  async ({ input, tx }, ctx) => {
    await holdAttribution(tx.sql);
    const row = await lockProject(tx.sql, input.project_id);
    if (row === undefined) return refuse('not-found', `There is no project ${input.project_id}.`);
    const tenantId = input.tenant_id === undefined ? row.tenant_id : input.tenant_id;
    const purpose = input.purpose ?? row.purpose;
    if (purpose === 'internal' && tenantId !== null)
      return refuse('invalid-classification', "The operator's own project has no tenant; set tenant_id to null.");
    if (purpose === 'internal') await makeInternal(tx.sql, row.project_id);
    await classifyProject(tx.sql, { id: row.project_id, tenantId, purpose });
    const now = toMicroseconds(ctx.clock.now());
    await attributeByRules(tx, { at: now, now, kinds: null });
    return projectView({ ...row, tenant_id: tenantId, purpose });
  },
);
