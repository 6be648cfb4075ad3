import { fraction, plus, times, toText, toWhole } from './fraction.ts';
import type { TaxPolicy } from './terms.ts';

export const isTaxed = (policy: TaxPolicy): boolean => !fraction(policy.rate).num.isZero();

/** The tax on a subtotal, once, in minor units. Of inclusive prices it is the part of the subtotal that is tax. */
export const taxOn = (subtotalCents: number, policy: TaxPolicy): number => {
  const rate = fraction(policy.rate);
  const share = policy.is_inclusive ? { num: rate.num, den: plus(rate, fraction(1)).num } : rate;
  return toWhole(times(fraction(subtotalCents), share), policy.rounding, 'The tax');
};

/** The total to pay: inclusive prices contain the tax already. */
export const totalOf = (subtotalCents: number, taxCents: number, policy: TaxPolicy): number =>
  policy.is_inclusive ? subtotalCents : subtotalCents + taxCents;

/** The text of the tax line: `GST 10 %`. */
export const taxLabel = (policy: TaxPolicy): string => {
  const percent = toText(times(fraction(policy.rate), fraction(100)), 4);
  return `${policy.is_inclusive ? 'Includes ' : ''}${policy.name} ${percent} %`;
};
