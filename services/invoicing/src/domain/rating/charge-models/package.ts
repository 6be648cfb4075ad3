import { canonicalDecimal } from '@arcadia/contracts';
import { ceiling, fraction, times } from '../fraction.ts';
import { type ChargeModel, noTiers, onePrice } from './charge-model.ts';
import { hasPrice } from './unit-price.ts';

/** Each started package of `overage_unit` in full. */
export const packageModel: ChargeModel = {
  faultsOf: (item) => [
    ...noTiers(item),
    ...(item.overage_price_cents === null
      ? [{ field: 'overage_price_cents', fault: 'a package needs the price of one' }]
      : []),
  ],
  priceOf: onePrice,
  isChargeable: hasPrice,
  charge(price, over) {
    const count = ceiling(times(over, fraction(1, price.overage_unit)));
    return {
      amount: times(fraction(count), fraction(price.overage_price_cents)),
      qty: count.toFixed(),
      unitPriceCents: canonicalDecimal(price.overage_price_cents),
      packageOf: price.overage_unit,
      tiers: [],
    };
  },
  explain: ({ overage_unit }) => `package per ${overage_unit}`,
};
