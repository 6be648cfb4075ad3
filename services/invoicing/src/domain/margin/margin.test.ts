import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cost, convertAll, type Grouping, marginOf, missingBillsOf, type Rate, type Revenue } from './margin.ts';

const rate: Rate = { period: '2026-03', from: 'USD', to: 'AUD', rate: '1.5' };
const revenue = (tenant_id: string, amount_cents: number, more: Partial<Revenue> = {}): Revenue => ({
  period: '2026-03',
  tenant_id,
  deployment_id: null,
  kind: 'base',
  plan_code: 'studio',
  currency: 'AUD',
  amount_cents,
  ...more,
});
const cost = (tenant_id: string | null, amount_cents: number, more: Partial<Cost> = {}): Cost => ({
  period: '2026-03',
  target: tenant_id === null ? 'unallocated' : 'customer',
  tenant_id,
  deployment_id: null,
  kind: 'droplet_hours',
  plan_code: 'studio',
  amount_cents,
  is_counted: true,
  ...more,
});

describe('invoicing: margin', () => {
  it('margin lists losses first, the largest at the top', () => {
    const { rows } = marginOf('tenant', {
      revenue: [revenue('acme', 10_000), revenue('globex', 1000), revenue('initech', 1000)],
      costs: [cost('acme', 2000), cost('globex', 2000), cost('initech', 1000), cost(null, 100)],
      rates: [rate],
      missingBills: [],
    });
    expect(
      rows.map(({ tenant_id, margin_cents, margin_percent }) => [tenant_id, margin_cents, margin_percent]),
    ).toEqual([
      ['globex', -2000, '-200'],
      ['initech', -500, '-50'],
      [null, -150, null],
      ['acme', 7000, '70'],
    ]);
  });

  it('margin by kind sets revenue from hours of backups against the lines of backups on the bill', () => {
    const { rows } = marginOf('kind', {
      revenue: [revenue('acme', 600, { kind: 'droplet_backup_hours' })],
      costs: [cost('acme', 200, { kind: 'backup_gb_month' })],
      rates: [rate],
      missingBills: [],
    });
    expect(rows.map(({ kind, margin_cents }) => [kind, margin_cents])).toEqual([['backup_gb_month', 300]]);
  });

  it('margin by month uses the rate of each month, and gives none for a month without a rate', () => {
    const { rows, totals } = marginOf('period', {
      revenue: ['2026-01', '2026-02', '2026-03'].map((period) => revenue('acme', 1000, { period })),
      costs: ['2026-01', '2026-02', '2026-03'].map((period) => cost('acme', 400, { period })),
      rates: [
        { ...rate, period: '2026-01' },
        { ...rate, period: '2026-02', rate: '2' },
        { ...rate, rate: null },
      ],
      missingBills: [],
    });
    expect(
      rows.map(({ period, cost_cents, margin_cents, cost_provider_cents }) => [
        period,
        cost_cents,
        margin_cents,
        cost_provider_cents,
      ]),
    ).toEqual([
      ['2026-03', null, null, 400],
      ['2026-02', 800, 200, 400],
      ['2026-01', 600, 400, 400],
    ]);
    expect(totals).toEqual({ revenue_cents: 3000, cost_cents: null, margin_cents: null, cost_provider_cents: 1200 });
  });

  it('margin is unknown for a month without its bill, and so are totals that include it', () => {
    const given = {
      revenue: ['2026-03', '2026-04'].map((period) => revenue('acme', 1000, { period })),
      costs: [cost('acme', 400)],
      rates: [rate],
    };
    const { rows, totals } = marginOf('tenant', { ...given, missingBills: ['2026-04'] });
    const unknown = { cost_cents: null, margin_cents: null, cost_provider_cents: null };
    expect(rows).toMatchObject([
      { period: '2026-04', revenue_cents: 1000, margin_percent: null, ...unknown },
      { period: '2026-03', cost_cents: 600, margin_cents: 400, margin_percent: '40' },
    ]);
    expect(totals).toEqual({ revenue_cents: 2000, ...unknown });
    const nothing = marginOf('tenant', { revenue: [], costs: [], rates: [], missingBills: ['2026-04'] });
    expect(nothing.totals).toEqual({ revenue_cents: 0, ...unknown });
  });

  it('missing bills are those of months that have begun, from the first known month on', () => {
    const known = { first: '2026-02', now: '2026-05', billed: new Set(['2026-02', '2026-03']) };
    const missing = (from: string, to: string) => missingBillsOf({ from, to }, known);
    expect(missing('2026-04', '2026-04')).toEqual(['2026-04']);
    expect(missing('2026-03', '2026-03')).toEqual([]);
    expect(missing('2025-05', '2026-04')).toEqual(['2026-04']);
    expect(missing('2026-01', '2026-12')).toEqual(['2026-04', '2026-05']);
    expect(missing('2025-01', '2025-06')).toEqual(['2025-06']);
    expect(missingBillsOf({ from: '2026-01', to: '2026-04' }, { ...known, first: null, billed: new Set() })).toEqual([
      '2026-04',
    ]);
  });

  it.each([
    ['JPY', '150', 1500],
    ['BIF', '2900', 29_000],
    ['KWD', '0.3', 3000],
    ['LYD', '4.8', 48_000],
  ])('10.00 USD become whole minor units of %s at a rate of %s: %i', (to, text, minor) => {
    expect(convertAll([1000], { ...rate, from: 'USD', to, rate: text })).toEqual([minor]);
  });

  it('converted amounts add up to their converted sum, each within a minor unit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -100_000, max: 100_000 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 30_000 }),
        (amounts, tenThousandths) => {
          const text = (tenThousandths / 10_000).toFixed(4);
          const converted = convertAll(amounts, { ...rate, rate: text }) ?? [];
          const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0);
          const exact = sum(amounts) * tenThousandths;
          expect(Math.abs(sum(converted) * 10_000 - exact)).toBeLessThanOrEqual(5000);
          for (const [index, amount] of amounts.entries())
            expect(Math.abs((converted[index] ?? Number.NaN) * 10_000 - amount * tenThousandths)).toBeLessThan(10_000);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('the margin of one tenant has the cents that it has among all tenants', () => {
    const amounts = fc.array(fc.tuple(fc.constantFrom('acme', 'globex', null), fc.integer({ min: 0, max: 50_000 })));
    fc.assert(
      fc.property(amounts, (shares) => {
        const given = { revenue: [], rates: [{ ...rate, rate: '1.5137' }], missingBills: [] };
        const costs = shares.map(([tenant_id, cents]) => cost(tenant_id, cents));
        const all = marginOf('tenant', { ...given, costs }).rows.filter(({ tenant_id }) => tenant_id === 'acme');
        const own = costs.map((each) => ({ ...each, is_counted: each.tenant_id === 'acme' }));
        expect(marginOf('tenant', { ...given, costs: own }).rows).toEqual(all);
      }),
    );
  });

  it('margin has the same totals in every grouping', () => {
    const tenant = fc.constantFrom('acme', 'globex', null);
    const amount = fc.integer({ min: -5000, max: 50_000 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(tenant, amount, fc.constantFrom('droplet_hours', 'tax'))),
        fc.array(fc.tuple(fc.constantFrom('acme', 'globex'), amount)),
        (costs, revenues) => {
          const given = {
            costs: costs.map(([tenant_id, cents, kind]) => cost(tenant_id, cents, { kind })),
            revenue: revenues.map(([tenant_id, cents]) => revenue(tenant_id, cents)),
            rates: [rate],
            missingBills: [],
          };
          const groupings: Grouping[] = ['tenant', 'deployment', 'kind', 'plan', 'period'];
          const totals = groupings.map((grouping) => JSON.stringify(marginOf(grouping, given).totals));
          expect(new Set(totals).size).toBe(1);
        },
      ),
      { numRuns: 100 },
    );
  });
});
