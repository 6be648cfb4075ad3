import { type inventorySync, refuse } from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import { attributeByRules } from '../attribution/attribute-by-rules.ts';
import type { CommandContext, Context } from '../context.ts';
import { toMicroseconds } from '../domain/resources/resource.ts';
import { holdAttribution } from '../store/attribution/attribution-lock.ts';
import { makeInternal } from '../store/projects/projects.ts';
import { classifyProject, lockProject, projectView } from '../store/projects/select-projects.ts';
import type { Tables } from '../store/schema.ts';
import { refuseUnknownTenants } from '../tenants/refuse-unknown-tenants.ts';

/** The refusal of a tenant that does not exist; null if the request names none or one that does. */
export const resolveProjectTenant = ({ input }: ReadRequest<typeof inventorySync.updateProject>, ctx: Context) =>
  typeof input.tenant_id === 'string' ? refuseUnknownTenants(ctx, [input.tenant_id]) : Promise.resolve(null);

/** Classifies a project. The classification decides who owns its members, so they are attributed again in the same transaction. */
export async function updateProject(
  { input, tx }: CommandRequest<typeof inventorySync.updateProject, Tables>,
  ctx: CommandContext,
) {
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
}
