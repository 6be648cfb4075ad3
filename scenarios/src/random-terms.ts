import type { Dice } from './dice.ts';

/** Discounts, own prices and minimum commitments of the two tenants. */
export const termsIn = (month: string, dices: Dice) => {
  const tenants = ['tenant-0', 'tenant-1'];
  const dayIn = (): string => `${month}-${String(dices.between(2, 28)).padStart(2, '0')}`;
  const days = () => (dices.chance(0.5) ? {} : dices.chance(0.5) ? { from: dayIn() } : { until: dayIn() });
  const after = Temporal.PlainYearMonth.from(month).add({ months: 1 }).toString();
  return {
    discounts: Array.from({ length: dices.between(0, 4) }, (_, index) => ({
      tenant: dices.pick(tenants),
      name: `discount ${index}`,
      ...dices.pick([
        { on: 'invoice' },
        { on: 'plan', plan: dices.pick(['starter', 'studio', 'pro']) },
        { on: 'kind', kind: dices.pick(['droplet_hours', 'volume_gb_month', 'bandwidth_gb']) },
      ]),
      ...(dices.chance(0.6)
        ? { percent: `${dices.between(1, 99)}.${dices.between(0, 9)}` }
        : { amount_cents: dices.between(1, 6000) }),
      ...(dices.chance(0.2)
        ? { first_period: after }
        : dices.chance(0.3)
          ? { first_period: '2026-01', last_period: month }
          : {}),
    })),
    price_overrides: tenants.flatMap((tenant) => [
      ...(dices.chance(0.4)
        ? [{ tenant, plan: dices.pick(['starter', 'studio']), base_price_cents: dices.between(0, 9000), ...days() }]
        : []),
      ...(dices.chance(0.5)
        ? [
            {
              tenant,
              plan: dices.pick(['starter', 'studio', 'pro']),
              kind: dices.pick(['droplet_hours', 'volume_gb_month', 'bandwidth_gb']),
              overage_price_cents: `${dices.between(0, 20)}.${dices.between(0, 999)}`,
              ...days(),
            },
          ]
        : []),
    ]),
    prepaid_credits: Array.from({ length: dices.between(0, 3) }, () => ({
      tenant: dices.pick(tenants),
      origin: dices.pick(['granted', 'granted', 'paid']),
      amount_cents: dices.between(1, 9000),
      ...(dices.chance(0.4) ? { expires_on: dices.chance(0.5) ? dayIn() : `${after}-01` } : {}),
    })),
    commitments: tenants
      .filter(() => dices.chance(0.4))
      .map((tenant) => ({ tenant, amount_cents: dices.between(1, 40_000), ...days() })),
  };
};
