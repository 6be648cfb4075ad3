import { expect, it } from 'vitest';
import { item } from '../../../../test/terms-builder.ts';
import { fraction } from '../fraction.ts';
import { bySize } from './by-size.ts';

const priced = item('droplet_hours', {
  charge_model: 'by_size',
  overage_price_cents: '1',
  sizes: [
    { dimension: 'g-*', unit_price_cents: '10' },
    { dimension: 'g-32vcpu-128gb', unit_price_cents: '142.86' },
    { dimension: 's-0', unit_price_cents: '0' },
  ],
});

it.each([
  ['g-32vcpu-128gb', '142.86'],
  ['g-2vcpu-8gb', '10'],
  ['s-1vcpu-1gb', '1'],
  [undefined, '1'],
])('the price of %s is %s', (dimension, cents) => {
  expect(bySize.priceOf(priced, dimension)?.overage_price_cents).toBe(cents);
});

it('a size that is not listed has no price without a default', () => {
  const { sizes = [] } = priced;
  expect(bySize.priceOf({ ...priced, sizes, overage_price_cents: null }, 's-1')).toBeNull();
});

it.each(['0', '0.000001', '720', '999999999999'])('%s hours cost their exact product', (hours) => {
  const price = bySize.priceOf(priced, 'g-32vcpu-128gb');
  if (price === null) throw new Error('no price');
  const { amount, qty, unitPriceCents } = bySize.charge(price, fraction(hours));
  expect([qty, unitPriceCents]).toEqual([hours, '142.86']);
  expect(amount.num.div(amount.den).toFixed()).toBe(fraction('142.86').num.times(hours).toFixed());
});

it('a size that costs nothing is not charged', () => {
  const price = bySize.priceOf(priced, 's-0');
  expect(price === null || bySize.isChargeable(price)).toBe(false);
});

it.each([
  [{ sizes: [] }, 'sizes by_size needs the price of at least one size'],
  [
    { sizes: ['g-*', 's-1', 'g-*'].map((dimension) => ({ dimension, unit_price_cents: '1' })) },
    'sizes lists g-* twice',
  ],
  [
    { dimension: 'g-*', sizes: [{ dimension: 's-1', unit_price_cents: '1' }] },
    'sizes lists s-1, which is no droplet_hours of g-*',
  ],
  [{ tiers: [] }, 'tiers by_size has no tiers'],
])('%j is refused: %s', (fields, fault) => {
  expect(bySize.faultsOf({ ...priced, ...fields }).map((one) => `${one.field} ${one.fault}`)).toContain(fault);
});
