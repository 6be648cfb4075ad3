import { inventorySync } from '@arcadia/contracts';
import type { Context } from '../context.ts';
import { markPublished } from '../store/tenants/tenants.ts';

/** Publishes the tenants that the migration found in the tables of this service; several replicas share the work. */
export async function publishFoundTenants(ctx: Context): Promise<void> {
  for (let published = Number.POSITIVE_INFINITY; published > 0; )
    published = await ctx.transact(async (tx) => {
      const found = await markPublished(tx.sql);
      await tx.publish(
        inventorySync.tenantFound,
        found.map((tenant_id) => ({ tenant_id })),
      );
      return found.length;
    });
}
