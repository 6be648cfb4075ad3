import { Decimal } from '@arcadia/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { operator, stretchesWithin, type Target, unallocated } from '../cost-lines/ownership.ts';
import { shareByFractions, shareByOwnership, shareByWeight } from './allocate-line.ts';

const tenant = (tenant_id: string): Target => ({ target: 'tenant', tenant_id, deployment_id: null });
const amounts = (shares: { amount_cents: number }[]) => shares.map(({ amount_cents }) => amount_cents);

test('billing-ingest: $10.00 divided among three is 3.34, 3.33, 3.33', () => {
  const weights = ['a', 'b', 'c'].map((id) => ({ target: tenant(id), weight: new Decimal(1) }));
  expect(amounts(shareByWeight(1000, weights, 'rule'))).toEqual([334, 333, 333]);
});

test('billing-ingest: the stretches of one owner are added before the amount is divided', () => {
  const first = Temporal.Instant.from('2026-04-01T00:00:00Z');
  const stretch = (owner: Target, milliseconds: number, after: number) => ({
    owner,
    span: { start: first.add({ milliseconds: after }), end: first.add({ milliseconds: after + milliseconds }) },
    milliseconds,
    name: 'web',
  });
  const shares = shareByOwnership(100, [
    stretch(tenant('a'), 10, 0),
    stretch(operator, 30, 10),
    stretch(tenant('a'), 60, 40),
  ]);
  expect(shares.map(({ target, amount_cents }) => [target, amount_cents])).toEqual([
    ['tenant', 70],
    ['operator', 30],
  ]);
  // A line with several owners names from when until when each of them owned its resource.
  expect(shares.map(({ owned }) => `${owned?.start.toString()} ${owned?.end.toString()}`)).toEqual([
    '2026-04-01T00:00:00Z 2026-04-01T00:00:00.1Z',
    '2026-04-01T00:00:00.01Z 2026-04-01T00:00:00.04Z',
  ]);
  expect(shareByOwnership(100, [stretch(operator, 30, 0)])[0]).not.toHaveProperty('owned');
});

test('billing-ingest: an amount without an owner stays unallocated as a whole', () => {
  expect(shareByWeight(-250, [{ target: operator, weight: new Decimal(0) }], 'tax:cost')).toEqual([
    { ...unallocated, amount_cents: -250, rule: 'tax:cost', milliseconds: null },
  ]);
  expect(shareByOwnership(1, [])).toEqual([{ ...unallocated, amount_cents: 1, rule: null, milliseconds: null }]);
});

test('billing-ingest: fractions that exceed 1 throw', () => {
  expect(() => shareByFractions(100, [{ target: operator, weight: new Decimal('1.01') }], 'r')).toThrow(RangeError);
});

const weightOf = fc.integer({ min: 0, max: 1_000_000 }).map((thousandths) => new Decimal(thousandths).div(1000));

test('billing-ingest: shares add up to the amount, each within a cent of exact, whatever the weights (property)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -10_000_000, max: 10_000_000 }),
      fc.array(weightOf, { minLength: 1, maxLength: 12 }),
      (amount, weights) => {
        const given = weights.map((weight, index) => ({ target: tenant(String(index)), weight }));
        const shares = shareByWeight(amount, given, null);
        expect(amounts(shares).reduce((sum, each) => sum + each, 0)).toBe(amount);
        const total = weights.reduce((sum, weight) => sum.plus(weight), new Decimal(0));
        if (total.isZero()) return;
        for (const { tenant_id, amount_cents } of shares) {
          const exact = (weights[Number(tenant_id)] ?? new Decimal(0)).times(amount).div(total);
          expect(exact.minus(amount_cents).abs().lessThan(1)).toBe(true);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('billing-ingest: fixed fractions and their unallocated rest add up to the amount (property)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.array(fc.integer({ min: 0, max: 250 }), { maxLength: 4 }),
      (amount, thousandths) => {
        const given = thousandths.map((each, index) => ({
          target: tenant(String(index)),
          weight: new Decimal(each).div(1000),
        }));
        expect(amounts(shareByFractions(amount, given, 'r')).reduce((sum, each) => sum + each, 0)).toBe(amount);
      },
    ),
    { numRuns: 200 },
  );
});

const instant = (seconds: number) => Temporal.Instant.fromEpochMilliseconds(seconds * 1000);

test('billing-ingest: a line across changes of owner is divided by time, and adds up to the cent (property)', () => {
  const owners = [tenant('a'), tenant('b'), operator, unallocated];
  const state = fc.record({
    at: fc.integer({ min: 0, max: 2_678_400 }),
    owner: fc.nat(owners.length - 1),
    is_present: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: -100_000, max: 100_000 }),
      fc.uniqueArray(state, { maxLength: 8, selector: ({ at }) => at }),
      (amount, given) => {
        const states = given
          .toSorted((a, b) => a.at - b.at)
          .map(({ at, owner, is_present }, index) => ({
            effective_at: instant(at),
            revision: index + 1,
            is_present,
            name: 'web',
            owner: owners[owner] ?? unallocated,
          }));
        const resource = {
          resource_id: 'r',
          kind: 'droplet',
          provider_id: '1',
          created_at: null,
          source_id: null,
          states,
        };
        const span = { start: instant(0), end: instant(2_678_400) };
        const shares = shareByOwnership(amount, stretchesWithin(resource, span));
        expect(amounts(shares).reduce((sum, each) => sum + each, 0)).toBe(amount);
        const owned = shares.reduce((sum, { milliseconds }) => sum + (milliseconds ?? 0), 0);
        expect(owned).toBeLessThanOrEqual(2_678_400_000);
        for (const share of shares) {
          if (share.milliseconds === null) continue;
          const exact = new Decimal(amount).times(share.milliseconds).div(owned);
          expect(exact.minus(share.amount_cents).abs().lessThan(1)).toBe(true);
        }
      },
    ),
    { numRuns: 200 },
  );
});
