import { canonicalDecimal } from '@arcadia/contracts';
import {
  ceiling,
  compare,
  type Fraction,
  fraction,
  isPositive,
  isZero,
  least,
  minus,
  plus,
  times,
  toText,
  zero,
} from './fraction.ts';
import type { PriceItem } from './terms.ts';

/** What a price needs to be: the part of a plan's item, or of a fallback price, that money is made from. */
export type Price = Pick<PriceItem, 'charge_model' | 'overage_unit' | 'tiers'> & { overage_price_cents: string };

/** An exact amount in minor units with how it came about. `qty × unit_price_cents` is the amount, where one price holds. */
export type Charge = { amount: Fraction; qty: string; unitPriceCents: string; packages: boolean; tiers: ChargedTier[] };

export type ChargedTier = { up_to: string | null; qty: string; unit_price_cents: string };

/** Price for one of the kind's own unit, where the price is for `overage_unit` of them. */
const perUnit = (priceCents: string, overageUnit: string): Fraction => fraction(priceCents, overageUnit);

const single = (over: Fraction, unitPrice: Fraction, tiers: ChargedTier[] = []): Charge => ({
  amount: times(over, unitPrice),
  qty: toText(over),
  unitPriceCents: toText(unitPrice, 20),
  packages: false,
  tiers,
});

/** Each part of the quantity at the price of the tier it falls into. */
const graduated = (price: Price, over: Fraction): Charge => {
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
  return { amount, qty: toText(over), unitPriceCents: toText(average, 20), packages: false, tiers };
};

/** All of the quantity at the price of the tier that its total falls into. */
const volume = (price: Price, over: Fraction): Charge => {
  const tier = price.tiers?.find(({ up_to }) => up_to === null || compare(over, fraction(up_to)) <= 0);
  if (tier === undefined) throw new RangeError('the last tier of a volume price must be open');
  const charged = { up_to: tier.up_to, qty: toText(over), unit_price_cents: tier.unit_price_cents };
  return single(over, perUnit(tier.unit_price_cents, price.overage_unit), [charged]);
};

/** Each started package in full. */
const byPackage = (price: Price, over: Fraction): Charge => {
  const count = ceiling(times(over, fraction(1, price.overage_unit)));
  return {
    amount: times(fraction(count), fraction(price.overage_price_cents)),
    qty: count.toFixed(),
    unitPriceCents: canonicalDecimal(price.overage_price_cents),
    packages: true,
    tiers: [],
  };
};

/** What a quantity above the included one costs, exactly. */
export const chargeFor = (price: Price, over: Fraction): Charge => {
  switch (price.charge_model) {
    case 'standard':
      return single(over, perUnit(price.overage_price_cents, price.overage_unit));
    case 'graduated':
      return graduated(price, over);
    case 'volume':
      return volume(price, over);
    case 'package':
      return byPackage(price, over);
  }
};
