import { describe, expect, test } from 'vitest';
import { item } from '../../../../test/terms-builder.ts';
import { faultsOf } from '../../catalog/check-plan.ts';
import { fraction, toText } from '../fraction.ts';
import { graduated } from './graduated.ts';

const tiers = [
  { up_to: '100', unit_price_cents: '10' },
  { up_to: '500', unit_price_cents: '8' },
  { up_to: null, unit_price_cents: '5' },
];
const price = { charge_model: 'graduated', overage_unit: '1', overage_price_cents: '0', tiers } as const;

describe('charge model graduated', () => {
  test.each([
    [90, '900'],
    [100, '1000'],
    [120, '1160'],
    [520, '4300'],
  ])('graduated: %i over three tiers cost %s cents', (over, amount) => {
    expect(toText(graduated.charge(price, fraction(over)).amount)).toBe(amount);
  });

  test('graduated: the charge lists the quantity of each tier', () => {
    expect(graduated.charge(price, fraction(120)).tiers).toEqual([
      { up_to: '100', qty: '100', unit_price_cents: '10' },
      { up_to: '500', qty: '20', unit_price_cents: '8' },
    ]);
  });

  test.each([
    [null, 'graduated needs tiers'],
    [[{ up_to: '100', unit_price_cents: '1' }], 'the last tier must be open: up_to null'],
    [[...tiers.slice(2), ...tiers.slice(2)], 'only the last tier may be open'],
    [[...tiers.slice(1, 2), ...tiers], 'tier 2 must reach further than the one before it'],
  ])('graduated: tiers %j are refused: %s', (given, fault) => {
    expect(faultsOf([item('widgets', { charge_model: 'graduated', tiers: given })])).toEqual([
      { kind: 'widgets', field: 'tiers', fault },
    ]);
  });

  test('graduated: the invoice explains the price', () => {
    expect(graduated.explain(price)).toBe('graduated per 1');
  });
});
