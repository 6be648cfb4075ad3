import { type ChargeModel, noTiers, onePrice } from './charge-model.ts';
import { atOnePrice, hasPrice, perUnit } from './unit-price.ts';

/** Linear: each unit at the same price. */
export const standard: ChargeModel = {
  faultsOf: noTiers,
  priceOf: onePrice,
  isChargeable: hasPrice,
  charge: (price, over) => atOnePrice(over, perUnit(price.overage_price_cents, price.overage_unit)),
  explain: ({ overage_unit }) => `standard per ${overage_unit}`,
};
