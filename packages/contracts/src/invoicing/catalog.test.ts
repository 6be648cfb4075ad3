import { describe, expect, test } from 'vitest';
import { putAddon, putPrice } from './addons-and-prices.ts';
import { putBillingProfile } from './billing-profiles.ts';
import { createPlan } from './plans.ts';
import { addManualLine } from './settlement.ts';

const plan = (fields: object) =>
  createPlan.input.safeParse({ plan_code: 'team', name: 'Team', base_price_cents: 1, ...fields }).success;
const item = (fields: object) => plan({ items: [{ kind: 'api_calls', ...fields }] });
const price = (unit_price_cents: string) => putPrice.input.safeParse({ kind: 'api_calls', unit_price_cents }).success;
const addon = (price_cents: number) =>
  putAddon.input.safeParse({ addon_code: 'seat', kind: 'seats', qty: '1', price_cents }).success;
const line = (fields: object) =>
  addManualLine.input.safeParse({ tenant_id: 'acme', description: 'x', unit_price_cents: '1', ...fields }).success;
const profile = (fields: object) => putBillingProfile.input.safeParse({ tenant_id: 'acme', ...fields }).success;

describe('what an operator enters', () => {
  const [most, above] = ['999999999999', '1000000000000'];

  test('has at most twelve digits before the point, so that sums stay exact', () => {
    expect([plan({ base_price_cents: Number(most) }), plan({ base_price_cents: Number(above) })]).toEqual([
      true,
      false,
    ]);
    expect([addon(Number(most)), addon(Number(above))]).toEqual([true, false]);
    expect([price(`${most}.999`), price(above), price('-1')]).toEqual([true, false, false]);
    expect([item({ overage_price_cents: most }), item({ overage_price_cents: above })]).toEqual([true, false]);
    const tiers = (unit_price_cents: string) => ({
      charge_model: 'volume',
      tiers: [{ up_to: null, unit_price_cents }],
    });
    expect([item(tiers(most)), item(tiers(above))]).toEqual([true, false]);
    expect([line({ unit_price_cents: `-${most}` }), line({ unit_price_cents: above })]).toEqual([true, false]);
    expect([line({ qty: most }), line({ qty: above })]).toEqual([true, false]);
  });

  test('is in a currency that there is', () => {
    expect([plan({ currency: 'JPY' }), plan({ currency: 'ZZZ' })]).toEqual([true, false]);
    expect([profile({ currency: 'EUR' }), profile({ currency: 'XXZ' })]).toEqual([true, false]);
  });

  test.each([
    ['0', true],
    ['0.1', true],
    ['1', true],
    ['1.00', true],
    ['-0.1', false],
    ['1.5', false],
    ['1.01', false],
    ['10', false],
  ])('a tax rate of %s is a fraction of the price: %s', (rate, isTaken) => {
    expect(profile({ tax: { rate } })).toBe(isTaken);
  });
});
