import { fraction, isPositive, isZero, least, minus, plus, times, toText, zero } from '../fraction.ts';
import { type ChargedTier, type ChargeModel, onePrice } from './charge-model.ts';
import { tierFaults } from './tiers.ts';
import { perUnit } from './unit-price.ts';

/** Each part of the quantity at the price of the tier it falls into. */
export const graduated: ChargeModel = {
  faultsOf: tierFaults,
  priceOf: onePrice,
  isChargeable: () => true,
  charge(price, over) {
    const tiers: ChargedTier[] = [];
    let amount = zero;
    let below = zero;
    for (const tier of price.tiers ?? []) {
      const upper = tier.up_to === null ? over : least(over, fraction(tier.up_to));
      const part = minus(upper, below);
      if (!isPositive(part)) break;
      amount = plus(amount, times(part, perUnit(tier.unit_price_cents, price.overage_unit)));
      tiers.push({ up_to: tier.up_to, qty: toText(part), unit_price_cents: tier.unit_price_cents });
      below = upper;
    }
    const average = isZero(over) ? zero : { num: amount.num.times(over.den), den: amount.den.times(over.num) };
    return { amount, qty: toText(over), unitPriceCents: toText(average, 20), packageOf: null, tiers };
  },
  explain: ({ overage_unit }) => `graduated per ${overage_unit}`,
};
