import { describe, expect, test } from 'vitest';
import { item } from '../../../../test/terms-builder.ts';
import { faultsOf } from '../../catalog/check-plan.ts';
import { fraction, toText } from '../fraction.ts';
import { volume } from './volume.ts';

const tiers = [
  { up_to: '100', unit_price_cents: '10' },
  { up_to: null, unit_price_cents: '8' },
];
const price = { charge_model: 'volume', overage_unit: '1', overage_price_cents: '0', tiers } as const;

describe('charge model volume', () => {
  test.each([
    [95, '950'],
    [100, '1000'],
    [105, '840'],
  ])('volume: %i, up to 100 at .10 and above at .08, cost %s cents', (over, amount) => {
    expect(toText(volume.charge(price, fraction(over)).amount)).toBe(amount);
  });

  test('volume: missing tiers are refused', () => {
    expect(faultsOf([item('widgets', { charge_model: 'volume', tiers: null })])).toEqual([
      { kind: 'widgets', field: 'tiers', fault: 'volume needs tiers' },
    ]);
  });

  test('volume: the invoice explains the price', () => {
    expect(volume.explain(price)).toBe('volume per 1');
  });
});
