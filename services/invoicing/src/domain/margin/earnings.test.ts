import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EarnedLine, earnedShares, earningsOf } from './earnings.ts';

const line = (amount_cents: number, weights: Readonly<Record<string, string>>, kind = 'droplet_hours'): EarnedLine => ({
  kind,
  amount_cents,
  weights: Object.entries(weights).map(([id, weight]) => ({ resource_id: id === '' ? null : id, weight })),
});
const shareOf = (found: ReturnType<typeof earnedShares>) =>
  Object.fromEntries(found.shares.map(({ resource_id, cents }) => [resource_id ?? '', cents]));

describe('invoicing: what resources earned', () => {
  it('a line is divided by the usage that it bills, to the cent', () => {
    const found = earnedShares([line(100, { a: '1', b: '1', c: '1' })], [{ kind: 'droplet_hours', amount_cents: 100 }]);
    expect([shareOf(found), found.whole_cents]).toEqual([{ a: 34, b: 33, c: 33 }, 0]);
  });

  it('lines of different sizes are divided by themselves', () => {
    const lines = [line(25, { small: '100' }), line(270, { large: '8' })];
    expect(shareOf(earnedShares(lines, [{ kind: 'droplet_hours', amount_cents: 295 }]))).toEqual({
      small: 25,
      large: 270,
    });
  });

  it('a discount or credit of a kind lowers the shares alike, and what has no usage belongs to the deployment as a whole', () => {
    const found = earnedShares(
      [line(300, { a: '2', b: '1' })],
      [
        { kind: 'droplet_hours', amount_cents: 150 },
        { kind: 'base', amount_cents: 4900 },
        { kind: 'bandwidth_gb', amount_cents: -20 },
      ],
    );
    expect([shareOf(found), found.whole_cents]).toEqual([{ a: 100, b: 50 }, 4880]);
  });

  it('shares and the rest are what the deployment earned, whatever its lines are', () => {
    const lines = fc.array(
      fc.record({
        kind: fc.constantFrom('droplet_hours', 'volume_gb_months'),
        amount_cents: fc.integer({ min: -5000, max: 50_000 }),
        weights: fc.array(
          fc.record({ resource_id: fc.constantFrom('a', 'b', null), weight: fc.nat(1000).map(String) }),
          { maxLength: 3 },
        ),
      }),
      { maxLength: 6 },
    );
    const revenue = fc.array(
      fc.record({
        kind: fc.constantFrom('droplet_hours', 'volume_gb_months', 'base'),
        amount_cents: fc.integer({ min: -5000, max: 50_000 }),
      }),
    );
    fc.assert(
      fc.property(lines, revenue, (given, brought) => {
        const { shares, whole_cents } = earnedShares(given, brought);
        const all = shares.reduce((sum, { cents }) => sum + cents, whole_cents);
        expect(all).toBe(brought.reduce((sum, { amount_cents }) => sum + amount_cents, 0));
      }),
    );
  });

  it('a row without a list price has no cost, and a month without an invoice earned nothing that is known', () => {
    const used = {
      kind: 'droplet_hours',
      from: '2026-05-01',
      until: '2026-06-01',
      unit_seconds: '604800',
      divisor: '3600',
      resource_id: 'a',
      running_seconds: '604800',
    };
    const prices = [{ kind: 'droplet_hours', valid_from: '2026-01-01', currency: 'USD', price_monthly: '6' }];
    expect(earningsOf([used], prices, null)).toEqual({
      rows: [{ resource_id: 'a', kind: 'droplet_hours', qty: '168', list_cost_cents: 150, earned_cents: null }],
      list_currency: 'USD',
    });
    expect(earningsOf([used], [], []).rows).toMatchObject([{ list_cost_cents: null, earned_cents: 0 }]);
    // A correction of an earlier month is earned without usage of this one.
    const late = earningsOf([], prices, [{ resource_id: 'b', kind: 'droplet_hours', cents: 12 }]);
    expect(late.rows).toEqual([
      { resource_id: 'b', kind: 'droplet_hours', qty: '0', list_cost_cents: 0, earned_cents: 12 },
    ]);
  });
});
