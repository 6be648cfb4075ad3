import fc from 'fast-check';
import { expect, it } from 'vitest';
import { april, used } from '../../../test/terms-builder.ts';
import { compare, type Fraction, fraction, isPositive, minus, sum } from './fraction.ts';
import { listPricesFor, providerCosts } from './provider-cost.ts';
import type { ListPrice, UsageSum } from './terms.ts';

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 150) };
const prices: ListPrice[] = [
  { kind: 'droplet_hours', dimension: 's-1', valid_from: '2026-01-01', currency: 'USD', price_monthly: '6' },
  { kind: 'droplet_hours', valid_from: '2026-01-01', currency: 'USD', price_monthly: '67.2' },
];

/** The seconds that a droplet ran on each day of April. */
const days = fc.array(fc.constantFrom<number>(0, 30, 3600, 50_000, 86_400), { minLength: 30, maxLength: 30 });
const rowsOf = (seconds: readonly number[], resource_id: string): UsageSum[] =>
  april.flatMap((day, index) => {
    const ran = String(seconds[index] ?? 0);
    return ran === '0'
      ? []
      : [{ ...used('droplet_hours', day, ran, '3600'), dimension: 's-1', resource_id, running_seconds: ran }];
  });
const total = (rows: readonly UsageSum[]): Fraction =>
  sum([...providerCosts(rows, prices).values()].map(({ amount }) => amount));

it('a droplet costs its share of 672 hours, at most the monthly price, and at least a cent once it ran', () => {
  fc.assert(
    fc.property(days, (seconds) => {
      const hours = fraction(
        seconds.reduce((all, one) => all + one, 0),
        3600,
      );
      const cost = total(rowsOf(seconds, 'a'));
      expect(compare(cost, fraction(6))).toBeLessThanOrEqual(0);
      const exact = { num: hours.num.times(6), den: hours.den.times(672) };
      const capped = compare(exact, fraction(6)) > 0 ? fraction(6) : exact;
      const least = isPositive(hours) ? fraction('0.01') : fraction(0);
      const expected = compare(capped, least) < 0 ? least : capped;
      expect(compare(minus(cost, expected), fraction(0))).toBe(0);
    }),
    runs,
  );
});

it('the backups of a droplet cost their share of what the same time of the droplet costs, and at least a cent', () => {
  fc.assert(
    fc.property(days, fc.constantFrom('weekly', 'daily'), (seconds, plan) => {
      const kind = 'droplet_backup_hours';
      const rows = rowsOf(seconds, 'a').map((row) => ({ ...row, kind, dimension: `${plan} s-1` }));
      const cost = sum(
        [...providerCosts(rows, listPricesFor(prices, rows, '2026-04')).values()].map(({ amount }) => amount),
      );
      const counted = seconds.reduce((all, one) => all + one, 0);
      const capped = counted === 0 ? 0 : Math.min(Math.max(counted, 60), 672 * 3600);
      // In parts of a dollar that both a second's share and a cent are a whole number of.
      const parts = 672 * 3600 * 100;
      const share = capped * 6 * (plan === 'weekly' ? 20 : 30);
      const expected = counted === 0 ? 0 : Math.max(share, parts / 100);
      expect(compare(cost, fraction(expected, parts))).toBe(0);
    }),
    runs,
  );
});

it('the order and the division of the sums change nothing, and droplets do not affect each other', () => {
  fc.assert(
    fc.property(days, days, fc.integer({ min: 1, max: 29 }), (first, second, cut) => {
      const [a, b] = [rowsOf(first, 'a'), rowsOf(second, 'b')];
      const apart = sum([total(a), total(b)]);
      expect(compare(total([...b, ...a].toReversed()), apart)).toBe(0);
      const joined = [april.slice(0, cut), april.slice(cut)].flatMap((part, index) => {
        const seconds = first.slice(...(index === 0 ? [0, cut] : [cut])).reduce((all, one) => all + one, 0);
        const whole = {
          ...used('droplet_hours', part[0] ?? '', seconds, '3600'),
          until: index === 0 ? (april[cut] ?? '') : '2026-05-01',
        };
        return seconds === 0
          ? []
          : [{ ...whole, dimension: 's-1', resource_id: 'a', running_seconds: String(seconds) }];
      });
      expect(compare(total(joined), total(a))).toBe(0);
    }),
    runs,
  );
});

it('more running time never costs less', () => {
  fc.assert(
    fc.property(days, fc.integer({ min: 0, max: 29 }), (seconds, day) => {
      const more = seconds.map((one, index) => (index === day ? Math.min(86_400, one + 7200) : one));
      expect(compare(total(rowsOf(more, 'a')), total(rowsOf(seconds, 'a')))).toBeGreaterThanOrEqual(0);
    }),
    runs,
  );
});

it('the cost of many resources is exact, whatever their hours: the sum of what each costs alone, in any order', () => {
  const seconds = fc.array(fc.integer({ min: 1, max: 2_592_000 }), { minLength: 150, maxLength: 250 });
  fc.assert(
    fc.property(seconds, (all) => {
      const rows = all.map((ran, index) => ({
        ...used('droplet_hours', '2026-04-01', ran, '3600'),
        until: '2026-05-01',
        dimension: 's-1',
        resource_id: `r${index}`,
        running_seconds: String(ran),
      }));
      const whole = total(rows);
      expect(compare(whole, total(rows.toReversed()))).toBe(0);
      const capped = (ran: number): bigint => BigInt(Math.min(Math.max(ran, 60), 672 * 3600));
      // In parts of a dollar that both a second's share and a cent are a whole number of.
      const parts = 672n * 3600n * 100n;
      const costs = all.map((ran) => {
        const cost = capped(ran) * 6n * 100n;
        return cost < parts / 100n ? parts / 100n : cost;
      });
      const expected = costs.reduce((sumOf, cost) => sumOf + cost, 0n);
      expect(compare(whole, fraction(String(expected), String(parts)))).toBe(0);
    }),
    { numRuns: 20 },
  );
});
