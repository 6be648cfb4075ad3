import { invoicing } from '@arcadia/contracts';
import type { Context, Tx } from '../context.ts';
import { tenantNames } from '../store/tenants/billing-profiles.ts';
import { insertTenants, markPublished } from '../store/tenants/known-tenants.ts';

/**
 * Creates tenants that other services named before tenants were created explicitly: one that owns a deployment or a project
 * exists. Does nothing for those that exist.
 */
export async function createFoundTenants(tx: Tx, tenantIds: readonly string[]): Promise<void> {
  await publishTenants(tx, await insertTenants(tx.sql, tenantIds, { at: null }));
}

/** Publishes the tenants that the migration found in the tables of this service; several replicas share the work. */
export async function publishOlderTenants(ctx: Context): Promise<void> {
  for (let published = Number.POSITIVE_INFINITY; published > 0; )
    published = await ctx.transact(async (tx) => {
      const found = await markPublished(tx.sql);
      await publishTenants(tx, found);
      return found.length;
    });
}

const publishTenants = async (tx: Tx, tenantIds: readonly string[]): Promise<void> => {
  if (tenantIds.length === 0) return;
  const names = await tenantNames(tx.sql, tenantIds);
  const tenants = tenantIds.map((tenant_id) => ({ tenant_id, name: names[tenant_id] ?? tenant_id }));
  await tx.publish(invoicing.tenantCreated, tenants);
};
