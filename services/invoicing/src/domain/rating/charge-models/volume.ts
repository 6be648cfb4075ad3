import { compare, fraction, toText } from '../fraction.ts';
import { type ChargeModel, onePrice } from './charge-model.ts';
import { tierFaults } from './tiers.ts';
import { atOnePrice, perUnit } from './unit-price.ts';

/** The whole quantity at the price of the tier that its total falls into. */
export const volume: ChargeModel = {
  faultsOf: tierFaults,
  priceOf: onePrice,
  isChargeable: () => true,
  charge(price, over) {
    const tier = price.tiers?.find(({ up_to }) => up_to === null || compare(over, fraction(up_to)) <= 0);
    if (tier === undefined) throw new RangeError('the last tier of a volume price must be open');
    const charged = { up_to: tier.up_to, qty: toText(over), unit_price_cents: tier.unit_price_cents };
    return atOnePrice(over, perUnit(tier.unit_price_cents, price.overage_unit), [charged]);
  },
  explain: ({ overage_unit }) => `volume per ${overage_unit}`,
};
