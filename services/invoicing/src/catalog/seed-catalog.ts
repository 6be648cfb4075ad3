import { periodOf } from '@arcadia/contracts';
import type { Context, Tx } from '../context.ts';
import { seedAddons, seedPlans, seedPrices } from '../domain/catalog/seed-catalog.ts';
import { insertAddons } from '../store/catalog/addons.ts';
import { activateVersion, insertDraft, insertPlan } from '../store/catalog/plans.ts';
import { insertPricesOfNewKinds } from '../store/catalog/prices.ts';
import { takeSeed } from '../store/catalog/seeds.ts';
import { enqueueRepublication } from '../subscriptions/enqueue-republication.ts';

const currency = 'AUD';

/**
 * Inserts the first catalog, once in the life of a database; several replicas may start at the same time. A kind that a later
 * version adds gets its price from the current month on, because earlier months are invoiced without it.
 */
export async function seedCatalog(ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  await ctx.transact(async (tx) => {
    const isNew = await takeSeed(tx.sql, now);
    if (isNew) await insertFirstCatalog(tx, now);
    const valid_from = isNew ? '2000-01-01' : `${periodOf(now)}-01`;
    const kinds = await insertPricesOfNewKinds(
      tx.sql,
      seedPrices.map((price) => ({ ...price, valid_from, currency })),
    );
    if (isNew || kinds.length === 0) return;
    ctx.log.info({ kinds, valid_from }, 'kinds that are new in this version have their first prices');
    await enqueueRepublication(tx, { currency, tenant_id: null }, `seed:${kinds.join(' ')}`);
  });
}

const insertFirstCatalog = async (tx: Tx, now: Temporal.Instant): Promise<void> => {
  for (const plan of seedPlans) {
    if (!(await insertPlan(tx.sql, { planCode: plan.plan_code, name: plan.name, now }))) continue;
    const { base_price_cents, items } = plan;
    const terms = { base_price_cents, currency, proration: 'none', items, offered_to: null } as const;
    const version = await insertDraft(tx.sql, plan.plan_code, terms);
    await activateVersion(tx.sql, { planCode: plan.plan_code, version, now });
  }
  const addons = seedAddons.map(({ addon_code: code, ...addon }) => ({ ...addon, code, currency, is_offered: true }));
  await insertAddons(tx.sql, addons);
};
