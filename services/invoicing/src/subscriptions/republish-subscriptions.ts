import type { Tx } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Schema } from '../store/schema.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import type { Context } from '../tenants/look-up-deployment.ts';
import { publishSubscription } from './publish-subscription.ts';

/** Says every running subscription of a tenant, or of a currency, anew: its prices or its tax are others from now on. */
export const publishSubscriptions = async (
  ctx: Context,
  which: { tenantId: string | null; currency: string | null },
): Promise<void> => {
  const now = ctx.clock.now();
  const { rows } = await sql<{
    subscription_id: string;
    tenant_id: string;
  }>`SELECT subscription_id, tenant_id FROM subscriptions
    WHERE (ends_at IS NULL OR ends_at > ${now.toString()}) AND (${which.tenantId}::text IS NULL OR tenant_id = ${which.tenantId})
      AND (${which.currency}::text IS NULL OR currency = ${which.currency})
    ORDER BY tenant_id, subscription_id`.execute(ctx.db);
  for (const { subscription_id, tenant_id } of rows) {
    await ctx.transact(async (tx: Tx<Schema>) => {
      await lockTenant(tx.sql, tenant_id);
      await publishSubscription(tx, { subscriptionId: subscription_id, from: now, now });
    });
  }
};
