import { compare, type Fraction, fraction, isPositive, isZero, plus, times, toText } from '../fraction.ts';
import { type ChargeModel, noTiers, type Price } from './charge-model.ts';
import { hasPrice, perUnit } from './unit-price.ts';

/** One and the mark-up: 20 per cent is 1.2. */
const factorOf = ({ mark_up_percent = '0' }: Pick<Price, 'mark_up_percent'>): Fraction =>
  plus(fraction(1), fraction(mark_up_percent, 100));

/**
 * What the provider charges by its list prices and its own rules (`provider-cost.ts`), with a mark-up, and a fixed amount for each
 * `overage_unit`. The unit price is the average, since the provider's rules need not charge each unit alike.
 */
export const costPlus: ChargeModel = {
  parameters: ['mark_up_percent'],
  isByDimension: true,
  isByCost: true,
  faultsOf(item) {
    const { mark_up_percent } = item;
    const fault = { field: 'mark_up_percent', fault: 'cost_plus needs a mark-up in per cent, such as 20' };
    if (mark_up_percent === undefined) return [...noTiers(item), fault];
    const isTooLow = compare(fraction(mark_up_percent), fraction(-100)) < 0;
    return [...noTiers(item), ...(isTooLow ? [{ ...fault, fault: `is ${mark_up_percent}; the least is -100` }] : [])];
  },
  priceOf: (item) => ({ ...item, overage_price_cents: item.overage_price_cents ?? '0' }),
  isChargeable: (price) => isPositive(factorOf(price)) || hasPrice(price),
  charge(price, over, cost) {
    if (cost === undefined) throw new Error('cost_plus was given no cost');
    const fixed = times(over, perUnit(price.overage_price_cents, price.overage_unit));
    const amount = plus(times(cost, factorOf(price)), fixed);
    const average = isZero(over) ? amount : { num: amount.num.times(over.den), den: amount.den.times(over.num) };
    return { amount, qty: toText(over), unitPriceCents: toText(average, 20), packageOf: null, tiers: [] };
  },
  explain: ({ overage_unit }) => `the provider's list price with a mark-up, fixed part per ${overage_unit}`,
};
