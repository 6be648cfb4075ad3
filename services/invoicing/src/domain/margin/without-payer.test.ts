import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cost, marginOf } from './margin.ts';
import { listCostOf, qtyOf, withoutPayer } from './without-payer.ts';

type Given = Cost & { is_unsubscribed: boolean };

const cost = (amount_cents: number, more: Partial<Given> = {}): Given => ({
  period: '2026-05',
  target: 'customer',
  tenant_id: 'acme',
  deployment_id: 'd1',
  kind: 'droplet_hours',
  plan_code: null,
  amount_cents,
  is_counted: true,
  is_unsubscribed: false,
  ...more,
});
const share = (unpaid: string, whole: string, kind = 'droplet_hours') => ({
  period: '2026-05',
  deployment_id: 'd1',
  kind,
  unpaid,
  whole,
});
const parts = (costs: readonly Cost[]) => costs.map(({ target, amount_cents }) => [target, amount_cents]);

describe('invoicing: costs without a payer', () => {
  it('a cost is without a payer by the part of its usage on days without a subscription', () => {
    expect(parts(withoutPayer([cost(600)], [share('10', '30')]))).toEqual([
      ['customer', 400],
      ['without_payer', 200],
    ]);
    expect(parts(withoutPayer([cost(600)], [share('30', '30')]))).toEqual([['without_payer', 600]]);
    expect(parts(withoutPayer([cost(600)], []))).toEqual([['customer', 600]]);
  });

  it('a cost without usage is without a payer if the deployment has no subscription all month', () => {
    const given = [cost(500, { kind: 'app', is_unsubscribed: true }), cost(300, { kind: 'app' })];
    expect(parts(withoutPayer(given, [share('1', '2')]))).toEqual([
      ['without_payer', 500],
      ['customer', 300],
    ]);
  });

  it('a cost of a tenant, of the operator, unallocated or tax is left as it is', () => {
    const others = [
      cost(1, { deployment_id: null, is_unsubscribed: true }),
      ...(['operator', 'unallocated', 'provider_tax', 'bill_difference'] as const).map((target) =>
        cost(2, { target, is_unsubscribed: true }),
      ),
    ];
    const asTheyAre = others.map((other) => {
      const { is_unsubscribed: _, ...rest } = other;
      return rest;
    });
    expect(withoutPayer(others, [share('1', '1')])).toEqual(asTheyAre);
  });

  it('the parts are the whole bill in every view, in the currency of the provider and in the billing currency', () => {
    const costs = fc.array(
      fc.record({
        amount: fc.integer({ min: -10_000, max: 100_000 }),
        deployment: fc.constantFrom('d1', 'd2', null),
        kind: fc.constantFrom('droplet_hours', 'app'),
        target: fc.constantFrom('customer', 'operator', 'unallocated' as const),
        isUnsubscribed: fc.boolean(),
      }),
      { maxLength: 12 },
    );
    const view = fc.constantFrom('tenant', 'deployment', 'kind', 'plan', 'period', 'deployment_and_kind' as const);
    fc.assert(
      fc.property(costs, fc.nat(1000), fc.nat(1000), view, (given, unpaid, more, grouping) => {
        const all = given.map(({ amount, deployment, isUnsubscribed, ...rest }) =>
          cost(amount, { ...rest, deployment_id: deployment, is_unsubscribed: isUnsubscribed } as Partial<Given>),
        );
        const split = withoutPayer(all, unpaid === 0 ? [] : [share(String(unpaid), String(unpaid + more))]);
        const rates = [{ period: '2026-05', from: 'USD', to: 'AUD', rate: '1.5301' }];
        const { totals, rows } = marginOf(grouping, { revenue: [], costs: split, rates, missingBills: [] });
        const whole = marginOf('period', { revenue: [], costs: all, rates, missingBills: [] }).totals;
        expect([totals.cost_provider_cents, totals.cost_cents]).toEqual([whole.cost_provider_cents, whole.cost_cents]);
        expect(rows.reduce((sum, row) => sum + (row.cost_cents ?? 0), 0)).toBe(whole.cost_cents);
      }),
    );
  });

  it('usage is valued by list prices, and not at all where one is missing or in another currency', () => {
    const row = {
      kind: 'droplet_hours',
      dimension: 's-1',
      from: '2026-05-01',
      until: '2026-05-08',
      unit_seconds: '604800',
      divisor: '3600',
    };
    const price = {
      kind: 'droplet_hours',
      dimension: 's-1',
      valid_from: '2026-01-01',
      currency: 'USD',
      price_monthly: '6',
    };
    expect(listCostOf([row], [price])).toEqual({ currency: 'USD', cents: 150 });
    expect(listCostOf([row, { ...row, dimension: 'g-1' }], [price])).toBe(null);
    expect(
      listCostOf([row, { ...row, dimension: 'g-1' }], [price, { ...price, dimension: 'g-1', currency: 'EUR' }]),
    ).toBe(null);
    expect(qtyOf([row, row])).toBe('336');
  });
});
