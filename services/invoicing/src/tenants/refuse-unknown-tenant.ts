import { type Actor, nearWords, type Refusal, refuse, tenantScope } from '@arcadia/contracts';
import type { Db } from '../store/schema.ts';
import { firstUnknownTenant, tenantsLike } from '../store/tenants/known-tenants.ts';

/** The refusal of the first of these tenants that does not exist, naming the near ones; null if all do. For operators only. */
export async function refuseUnknownTenants(
  db: Db,
  tenantIds: readonly string[],
): Promise<Refusal<'unknown-tenant'> | null> {
  const unknown = await firstUnknownTenant(db, tenantIds);
  if (unknown === null) return null;
  const { detail, near } = await describeUnknown(db, unknown);
  return refuse('unknown-tenant', `${detail} A tenant is created first: POST /api/v1/tenants.`, {
    tenant_id: unknown,
    near,
  });
}

/** The refusal of a tenant named by the path. A tenant actor is not shown which others there are. */
export async function refuseTenant(db: Db, actor: Actor, tenantId: string): Promise<Refusal<'not-found'>> {
  if (tenantScope(actor) !== null) return refuse('not-found', `There is no tenant ${tenantId}.`);
  const { detail, near } = await describeUnknown(db, tenantId);
  return refuse('not-found', detail, { near });
}

const describeUnknown = async (db: Db, tenantId: string): Promise<{ detail: string; near: string[] }> => {
  const near = nearWords(tenantId, await tenantsLike(db, tenantId));
  const hint = near.length === 0 ? '' : ` Near it: ${near.join(', ')}.`;
  return { detail: `There is no tenant ${tenantId}.${hint}`, near };
};
