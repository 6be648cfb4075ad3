import { invoicing, isRefusal, type Refusal, refuse, serviceActor } from '@arcadia/contracts';
import type { Context } from '../context.ts';
import { unknownTenants } from '../store/tenants/tenants.ts';

/**
 * The refusal of the first of these tenants that does not exist, naming the near ones; null if all do. The event of a tenant
 * created a moment ago may not have arrived, so invoicing is requested for one that is not known here.
 */
export async function refuseUnknownTenants(
  ctx: Context,
  tenantIds: readonly string[],
): Promise<Refusal<'unknown-tenant'> | null> {
  for (const tenant_id of await unknownTenants(ctx.db, tenantIds)) {
    const reply = await ctx.request(invoicing.getTenant, { tenant_id }, { actor: serviceActor('inventory-sync') });
    if (isRefusal(reply)) {
      const detail = `${reply.detail} A tenant is created first: POST /api/v1/tenants.`;
      return refuse('unknown-tenant', detail, { tenant_id, near: reply['near'] ?? [] });
    }
  }
  return null;
}
