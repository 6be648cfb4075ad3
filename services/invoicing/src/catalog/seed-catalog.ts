import type { Tx } from '@arcadia/platform';
import { sql } from 'kysely';
import { seedAddons, seedPlans, seedPrices } from '../domain/catalog/seed-catalog.ts';
import { activateVersion, insertDraft, insertPlan } from '../store/catalog/plans.ts';
import type { Schema } from '../store/schema.ts';

/** Puts the seed catalog in place, once in the life of a database; several replicas may start at once. */
export const seedCatalog = async (tx: Tx<Schema>, now: Temporal.Instant): Promise<void> => {
  const { rows } =
    await sql`INSERT INTO catalog_seeds VALUES ('seed', ${now.toString()}) ON CONFLICT DO NOTHING RETURNING 1`.execute(
      tx.sql,
    );
  if (rows.length === 0) return;
  for (const plan of seedPlans) {
    if (!(await insertPlan(tx.sql, { planCode: plan.plan_code, name: plan.name, now }))) continue;
    const terms = {
      base_price_cents: plan.base_price_cents,
      currency: 'AUD',
      proration: 'none',
      items: plan.items,
    } as const;
    const version = await insertDraft(tx.sql, plan.plan_code, terms);
    await activateVersion(tx.sql, { planCode: plan.plan_code, version, now });
  }
  for (const addon of seedAddons) {
    await sql`INSERT INTO addons VALUES (${addon.addon_code}, ${addon.name}, ${addon.kind}, ${addon.qty}, ${addon.price_cents}, 'AUD', true)
      ON CONFLICT DO NOTHING`.execute(tx.sql);
  }
  for (const price of seedPrices) {
    await sql`INSERT INTO resource_prices VALUES (${price.kind}, 'AUD', ${price.valid_from}, ${price.unit_price_cents}, ${price.overage_unit})
      ON CONFLICT DO NOTHING`.execute(tx.sql);
  }
};
