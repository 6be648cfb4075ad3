import { type Fraction, fraction, isZero, times, toText } from '../fraction.ts';
import type { Charge, ChargedTier, Price } from './charge-model.ts';

/** The price of one of the kind's own unit, where the given price is for `overageUnit` of them. */
export const perUnit = (priceCents: string, overageUnit: string): Fraction => fraction(priceCents, overageUnit);

/** The whole quantity at one unit price. */
export const atOnePrice = (over: Fraction, unitPrice: Fraction, tiers: ChargedTier[] = []): Charge => ({
  amount: times(over, unitPrice),
  qty: toText(over),
  unitPriceCents: toText(unitPrice, 20),
  packageOf: null,
  tiers,
});

/** Whether one `overage_unit` has a price above zero. */
export const hasPrice = (price: Price): boolean => !isZero(fraction(price.overage_price_cents));
