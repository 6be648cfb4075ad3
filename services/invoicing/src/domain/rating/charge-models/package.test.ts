import { describe, expect, test } from 'vitest';
import { item } from '../../../../test/terms-builder.ts';
import { faultsOf } from '../../catalog/check-plan.ts';
import { fraction, toText } from '../fraction.ts';
import { packageModel } from './package.ts';

const price = { charge_model: 'package', overage_unit: '100', overage_price_cents: '700', tiers: null } as const;

describe('charge model package', () => {
  test.each([
    [1, '700', '1'],
    [100, '700', '1'],
    [101, '1400', '2'],
    [250, '2100', '3'],
  ])('package: %i at 7.00 per started 100 cost %s cents, as %s packages', (over, amount, packages) => {
    const charge = packageModel.charge(price, fraction(over));
    expect([toText(charge.amount), charge.qty, charge.packageOf]).toEqual([amount, packages, '100']);
  });

  test('package: a missing price is refused', () => {
    expect(faultsOf([item('widgets', { charge_model: 'package', overage_price_cents: null })])).toEqual([
      { kind: 'widgets', field: 'overage_price_cents', fault: 'a package needs the price of one' },
    ]);
  });

  test('package: the invoice explains the price', () => {
    expect(packageModel.explain(price)).toBe('package per 100');
  });
});
