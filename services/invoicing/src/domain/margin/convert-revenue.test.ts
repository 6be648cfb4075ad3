import { describe, expect, test } from 'vitest';
import { convertRevenue } from './convert-revenue.ts';
import { marginOf, type Revenue } from './margin.ts';

const revenue = (tenant_id: string, currency: string, amount_cents: number, period = '2026-04'): Revenue => ({
  period,
  tenant_id,
  deployment_id: 'd1',
  kind: 'base',
  plan_code: 'p',
  currency,
  amount_cents,
});
const rates = [
  { period: '2026-04', from: 'USD', to: 'AUD', rate: '1.5' },
  { period: '2026-04', from: 'USD', to: 'JPY', rate: '150' },
];

describe('invoicing: revenue in several currencies', () => {
  test('is converted through the currency from which both have a rate, with the decimal places of each', () => {
    // 23,188 yen are 154.586... dollars and 231.88 Australian ones; 100.00 dollars are 150.00.
    const given = [revenue('a', 'AUD', 5000), revenue('j', 'JPY', 23_188), revenue('u', 'USD', 10_000)];
    const { converted, unconverted } = convertRevenue(given, { to: 'AUD', rates });
    expect(converted.map(({ tenant_id, amount_cents }) => [tenant_id, amount_cents])).toEqual([
      ['a', 5000],
      ['j', 23_188],
      ['u', 15_000],
    ]);
    expect(unconverted).toEqual([]);
  });

  test('adds up to what its sum converts to', () => {
    const given = Array.from({ length: 7 }, (_, index) => revenue(`t${index}`, 'USD', 1));
    const { converted } = convertRevenue(given, { to: 'AUD', rates });
    expect(converted.reduce((sum, { amount_cents }) => sum + amount_cents, 0)).toBe(11);
  });

  test('leaves the margin unknown where no rate of the month converts it, and is no loss', () => {
    const given = [revenue('a', 'AUD', 5000), revenue('e', 'EUR', 7000), revenue('j', 'JPY', 9, '2026-05')];
    const { converted, unconverted } = convertRevenue(given, { to: 'AUD', rates });
    expect(unconverted.map(({ tenant_id }) => tenant_id)).toEqual(['e', 'j']);
    const cost = {
      period: '2026-04',
      target: 'customer' as const,
      deployment_id: 'd1',
      kind: 'droplet',
      plan_code: 'p',
    };
    const costs = ['a', 'e'].map((tenant_id) => ({ ...cost, tenant_id, amount_cents: 1000, is_counted: true }));
    const { rows, totals } = marginOf('tenant', { revenue: converted, unconverted, costs, rates, missingBills: [] });
    const [own, other] = ['a', 'e'].map((tenant) => rows.find(({ tenant_id }) => tenant_id === tenant));
    expect([own?.margin_cents, other?.cost_cents, other?.margin_cents]).toEqual([3500, 1500, null]);
    expect([totals.cost_cents, totals.margin_cents]).toEqual([3000, null]);
  });
});
