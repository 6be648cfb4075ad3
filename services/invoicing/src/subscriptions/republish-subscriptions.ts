import { periodOf } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { runningSubscriptions } from '../store/subscriptions/subscriptions.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { hasTerms } from '../store/terms/tenant-terms.ts';
import { publishTerms } from '../terms/publish-terms.ts';
import { publishSubscription } from './publish-subscription.ts';

type Filter = { tenant_id: string | null; currency: string | null };

/**
 * Publishes every running subscription of a tenant, or of a currency, again, since its tax or its fallback prices have changed; of a
 * tenant also the terms of its own.
 */
export async function republishSubscriptions({ input }: Pick<JobRun<Filter>, 'input'>, ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  const running = await runningSubscriptions(ctx.db, { tenantId: input.tenant_id, currency: input.currency, now });
  for (const { subscription_id, tenant_id } of running) {
    await ctx.transact(async (tx) => {
      await lockTenant(tx.sql, tenant_id);
      await publishSubscription(tx, { subscriptionId: subscription_id, from: now, now });
    });
  }
  const { tenant_id: tenantId } = input;
  if (tenantId === null || !(await hasTerms(ctx.db, tenantId))) return;
  await ctx.transact(async (tx) => {
    await lockTenant(tx.sql, tenantId);
    await publishTerms(tx, { tenantId, from: periodOf(now), now });
  });
}
