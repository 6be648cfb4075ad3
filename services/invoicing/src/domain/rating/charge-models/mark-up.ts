import { type Fraction, fraction, isZero, plus, toText } from '../fraction.ts';
import type { Charge, Price } from './charge-model.ts';

/** One and the mark-up: 20 per cent is 1.2. */
export const factorOf = ({ mark_up_percent = '0' }: Pick<Price, 'mark_up_percent'>): Fraction =>
  plus(fraction(1), fraction(mark_up_percent, 100));

/** An amount for a quantity that is not charged alike in all its parts; the unit price is the average. */
export const averageOf = (amount: Fraction, over: Fraction): Charge => {
  const average = isZero(over) ? amount : { num: amount.num.times(over.den), den: amount.den.times(over.num) };
  return { amount, qty: toText(over), unitPriceCents: toText(average, 20), packageOf: null, tiers: [] };
};
