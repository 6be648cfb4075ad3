import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PriceItem, priceItemLines, priceItemsIn } from './price-items.ts';

const decimal = fc.oneof(
  fc.constantFrom('0', '1', '0.5', '744', '1000000', '0.000001'),
  fc.tuple(fc.nat(9_999_999), fc.integer({ min: 1, max: 999 })).map(([whole, part]) => `${whole}.${part}1`),
);
const size = fc.constantFrom('s-1vcpu-1gb', 'g-*', 'db-s-2vcpu-4gb', 'a=b');
const prices = fc.array(fc.tuple(size, decimal), { minLength: 1, maxLength: 4 });
const common = {
  kind: fc.constantFrom('droplet_hours', 'bandwidth_gb', 'llm_input_tokens'),
  included_qty: decimal,
  overage_unit: decimal,
  overage_price_cents: fc.option(decimal),
  hard_cap_qty: fc.option(decimal),
};
const tiers = fc
  .tuple(fc.array(fc.tuple(decimal, decimal), { maxLength: 3 }), decimal)
  .map(([bounded, rest]) => [
    ...bounded.map(([up_to, unit_price_cents]) => ({ up_to, unit_price_cents })),
    { up_to: null, unit_price_cents: rest },
  ]);
const noTiers = { tiers: fc.constant(null) };
const item = fc.oneof(
  fc.record({ ...common, ...noTiers, charge_model: fc.constantFrom('standard', 'package') }),
  fc.record({ ...common, ...noTiers, dimension: size, charge_model: fc.constant('standard') }),
  fc.record({ ...common, tiers, charge_model: fc.constantFrom('graduated', 'volume') }),
  fc.record({
    ...common,
    ...noTiers,
    charge_model: fc.constant('by_size'),
    sizes: prices.map((all) => all.map(([dimension, unit_price_cents]) => ({ dimension, unit_price_cents }))),
  }),
  fc.record({
    ...common,
    ...noTiers,
    charge_model: fc.constantFrom('cost_plus', 'pass_through'),
    mark_up_percent: fc.constantFrom('0', '12.5', '-100'),
  }),
) as fc.Arbitrary<PriceItem>;

test('what a form shows of the prices of usage is read again as it was, for every charge model and currency', () => {
  const given = fc.tuple(fc.array(item, { maxLength: 6 }), fc.constantFrom('AUD', 'JPY', 'KWD'));
  fc.assert(
    fc.property(given, ([items, currency]) => {
      expect(priceItemsIn(priceItemLines(items, currency), currency)).toEqual(items);
    }),
  );
});

test('a line that cannot be read is named with what is wrong in it', () => {
  expect(priceItemsIn('droplet_hours 744 0.01\n\nbandwidth_gb lots', 'AUD')).toBe(
    'Line 3, “bandwidth_gb lots”: “lots” is no number for what a month includes of it.',
  );
  expect(priceItemsIn('droplet_hours 744 0.01 each', 'AUD')).toContain('“each” is not known; the words are per, size,');
  expect(priceItemsIn('droplet_hours 0 graduated', 'AUD')).toContain('prices such as 1000=0.02 rest=0.01 must follow.');
  expect(priceItemsIn('droplet_hours 1,488 0,01', 'AUD')).toContain('“0,01” is not known');
  expect(priceItemsIn('droplet_hours 7,44', 'AUD')).toContain('“7,44” is no number for what a month includes');
  expect(priceItemsIn('droplet_hours 0 per 1e3', 'AUD')).toContain('“1e3” is no number for how many units');
});
