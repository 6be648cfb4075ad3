import { observedUsages } from '@arcadia/contracts';
import { expect, it } from 'vitest';
import { faultsOf } from './check-plan.ts';
import { seedPlans, seedPrices } from './seed-catalog.ts';

it('every billing kind of the registry has one price on every seed plan: its own, or a fallback price', () => {
  for (const { items } of seedPlans) {
    const own = items.filter(({ overage_price_cents }) => overage_price_cents !== null).map(({ kind }) => kind);
    const priced = new Set([...own, ...seedPrices.map(({ kind }) => kind)]);
    // Of two kinds that count the same thing one has a price.
    const twice = observedUsages.filter(({ kind, insteadOf = '' }) => priced.has(kind) && priced.has(insteadOf));
    expect(twice).toEqual([]);
    const unpriced = observedUsages.filter(({ kind, insteadOf = kind }) => !priced.has(kind) && !priced.has(insteadOf));
    expect(unpriced.map(({ kind }) => kind)).toEqual([]);
  }
});

it('kinds with a figure keep it, and the others cost the list price of the provider plus 20 %', () => {
  const shown = seedPrices.map(({ kind, unit_price_cents, charge_model, mark_up_percent }) => [
    kind,
    charge_model === 'cost_plus' ? `+${mark_up_percent} %` : unit_price_cents,
  ]);
  const figures = {
    backup_gb_month: '8',
    volume_gb_month: '15',
    floating_ip_hours: '1',
    load_balancer_hours: '3',
    nat_gateway_hours: '11',
  };
  expect(Object.fromEntries(shown)).toMatchObject(figures);
  expect(
    new Set(shown.filter(([kind = '']) => !(kind in figures)).map(([, price]) => price)).isSubsetOf(new Set(['+20 %'])),
  ).toBe(true);
  expect(new Set(seedPrices.map(({ kind }) => kind)).size).toBe(seedPrices.length);
});

it('the seed plans have no faults', () => {
  for (const { items } of seedPlans) expect(faultsOf(items)).toEqual([]);
});
