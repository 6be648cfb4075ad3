import { compare, fraction, isPositive, plus, times } from '../fraction.ts';
import { type ChargeModel, noTiers } from './charge-model.ts';
import { averageOf, factorOf } from './mark-up.ts';
import { hasPrice, perUnit } from './unit-price.ts';

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
    return averageOf(plus(times(cost, factorOf(price)), fixed), over);
  },
  explain: ({ overage_unit }) => `the provider's list price with a mark-up, fixed part per ${overage_unit}`,
};
