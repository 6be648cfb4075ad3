import { describe, expect, test } from 'vitest';
import { item } from '../../../../test/terms-builder.ts';
import { faultsOf } from '../../catalog/check-plan.ts';
import { fraction, toText } from '../fraction.ts';
import { standard } from './standard.ts';

const price = { charge_model: 'standard', overage_unit: '1000000', overage_price_cents: '200', tiers: null } as const;

describe('charge model standard', () => {
  test('standard: 1,000,001 tokens at 2.00 per million cost 200.0002 cents', () => {
    const charge = standard.charge(price, fraction(1_000_001));
    expect([toText(charge.amount), charge.qty, charge.unitPriceCents]).toEqual(['200.0002', '1000001', '0.0002']);
  });

  test('standard: a price of zero makes no line', () => {
    expect([standard.isChargeable(price), standard.isChargeable({ ...price, overage_price_cents: '0.00' })]).toEqual([
      true,
      false,
    ]);
  });

  test('standard: tiers are refused', () => {
    const tiers = [{ up_to: null, unit_price_cents: '1' }];
    expect(faultsOf([item('widgets', { tiers })])).toEqual([
      { kind: 'widgets', field: 'tiers', fault: 'standard has no tiers' },
    ]);
  });

  test('standard: the invoice explains the price', () => {
    expect(standard.explain(price)).toBe('standard per 1000000');
  });
});
