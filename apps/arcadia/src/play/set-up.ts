import { billingIngest, invoicing } from '@arcadia/contracts';
import type { World } from '@arcadia/digitalocean-simulator';
import type { Api } from '@arcadia/gateway-client';
import type { z } from 'zod';
import { agreeTerms } from './agree-terms.ts';

/**
 * Sets the world's additions to the catalog and its exchange rates, creates its tenants, and agrees on the terms of single
 * tenants.
 */
export const setUp = async (world: World, api: Api, key: string): Promise<void> => {
  const { catalog, tenants } = world.platform;
  for (const { code, items, ...plan } of catalog?.plans ?? [])
    await api.request(
      invoicing.putPlan,
      { plan_code: code, ...plan, items } as z.input<typeof invoicing.putPlan.input>,
      `${key}:plan:${code}`,
    );
  for (const { code, ...addon } of catalog?.addons ?? [])
    await api.request(
      invoicing.putAddon,
      { addon_code: code, ...addon } as z.input<typeof invoicing.putAddon.input>,
      `${key}:addon:${code}`,
    );
  for (const { kind, effective_from, ...price } of catalog?.prices ?? []) {
    const valid_from = (effective_from ?? world.begins_at).slice(0, 10);
    const name = `${key}:price:${kind}:${valid_from}:${price.currency}`;
    await api.request(invoicing.putPrice, { kind, valid_from, ...price }, name);
  }
  await setUpCosts(world, api, key);
  for (const { id, name, ...given } of tenants) {
    const tenant = { tenant_id: id, name: name ?? id, ...given };
    await api.request(
      invoicing.createTenant,
      tenant as z.input<typeof invoicing.createTenant.input>,
      `${key}:tenant:${id}`,
    );
  }
  await agreeTerms(world, api, key);
};

/** Loads list prices of the provider and pins the exchange rates that have no time of their own. */
const setUpCosts = async ({ platform, begins_at }: World, api: Api, key: string): Promise<void> => {
  const prices = (platform.catalog?.list_prices ?? []).map((price) => ({
    valid_from: begins_at.slice(0, 10),
    ...price,
  }));
  const input = { prices } as z.input<typeof invoicing.putListPrices.input>;
  if (prices.length > 0) await api.request(invoicing.putListPrices, input, `${key}:list-prices`);
  const rates = platform.exchange_rates.filter(({ at }) => at === undefined).map(rateInput);
  if (rates.length > 0) await api.request(billingIngest.putFxRates, { rates }, `${key}:fx-rates`);
};

/** An exchange rate without the time at which the world pins it. */
export const rateInput = ({ period, from, to, rate, source }: World['platform']['exchange_rates'][number]) => ({
  period,
  from,
  to,
  rate,
  source,
});
