import type { Context } from '../context.ts';
import { seedAddons, seedPlans, seedPrices } from '../domain/catalog/seed-catalog.ts';
import { insertAddons } from '../store/catalog/addons.ts';
import { activateVersion, insertDraft, insertPlan } from '../store/catalog/plans.ts';
import { insertPrices } from '../store/catalog/prices.ts';
import { takeSeed } from '../store/catalog/seeds.ts';

/** Inserts the first catalog, once in the life of a database; several replicas may start at the same time. */
export async function seedCatalog(ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  await ctx.transact(async (tx) => {
    if (!(await takeSeed(tx.sql, now))) return;
    for (const plan of seedPlans) {
      if (!(await insertPlan(tx.sql, { planCode: plan.plan_code, name: plan.name, now }))) continue;
      const { base_price_cents, items } = plan;
      const terms = { base_price_cents, currency: 'AUD', proration: 'none', items, offered_to: null } as const;
      const version = await insertDraft(tx.sql, plan.plan_code, terms);
      await activateVersion(tx.sql, { planCode: plan.plan_code, version, now });
    }
    const addons = seedAddons.map(({ addon_code: code, ...addon }) => ({
      ...addon,
      code,
      currency: 'AUD',
      is_offered: true,
    }));
    await insertAddons(tx.sql, addons);
    await insertPrices(
      tx.sql,
      seedPrices.map((price) => ({ ...price, currency: 'AUD' })),
    );
  });
}
