import { invoicing } from '@arcadia/contracts';
import type { World } from '@arcadia/digitalocean-simulator';
import type { Api } from '@arcadia/gateway-client';
import { reason } from './reason.ts';

/** Agrees on the terms of single tenants as the operator. `key` begins the idempotency keys. */
export const agreeTerms = async (world: World, api: Api, key: string): Promise<void> => {
  const { discounts = [], price_overrides = [], commitments = [], prepaid_credits = [] } = world.platform.terms ?? {};
  const start = `${world.period}-01`;
  for (const [
    index,
    { tenant: tenant_id, plan: plan_code, first_period = world.period, ...rule },
  ] of discounts.entries())
    await api.request(
      invoicing.addDiscount,
      { tenant_id, plan_code, first_period, reason, ...rule },
      `${key}:discount:${index}`,
    );
  for (const [index, { tenant: tenant_id, plan: plan_code, from = start, ...price }] of price_overrides.entries())
    await api.request(
      invoicing.addPriceOverride,
      { tenant_id, plan_code, from, reason, ...price },
      `${key}:price-override:${index}`,
    );
  for (const [index, { tenant: tenant_id, from = start, ...amount }] of commitments.entries())
    await api.request(invoicing.addCommitment, { tenant_id, from, ...amount }, `${key}:commitment:${index}`);
  for (const [index, { tenant: tenant_id, from = start, ...credit }] of prepaid_credits.entries()) {
    const reference = credit.origin === 'paid' ? { reference: 'as the world has it' } : {};
    await api.request(
      invoicing.createPrepaidCredit,
      { tenant_id, from, reason, ...credit, ...reference },
      `${key}:prepaid-credit:${index}`,
    );
  }
};
