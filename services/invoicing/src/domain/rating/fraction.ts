import { Decimal as DecimalJs } from 'decimal.js';

/** Sums, differences and products within a month stay far below 400 digits, so none of them is ever rounded. */
const Exact = DecimalJs.clone({ precision: 400, toExpNeg: -400, toExpPos: 400 });

/**
 * An exact quotient of two decimals. 20/31 of a zone has no finite decimal, and a price times a rounded quantity can fall
 * on the wrong side of half a cent; so quantities stay fractions until a line is rounded, once.
 */
export type Fraction = { readonly num: DecimalJs; readonly den: DecimalJs };

type Value = string | number | DecimalJs;

const one = new Exact(1);

/** `num / den`; the denominator is positive. */
export const fraction = (num: Value, den?: Value): Fraction => {
  if (den === undefined || den === '1' || den === 1) return { num: new Exact(num), den: one };
  const divisor = new Exact(den);
  if (!divisor.isPositive() || divisor.isZero()) throw new RangeError(`a denominator of ${divisor.toFixed()}`);
  return { num: new Exact(num), den: divisor };
};

export const zero: Fraction = fraction(0);

export const plus = (a: Fraction, b: Fraction): Fraction => {
  if (a === zero) return b;
  if (b === zero) return a;
  if (a.den === b.den || a.den.eq(b.den)) return { num: a.num.plus(b.num), den: a.den };
  const den = a.den.times(b.den);
  const all = { num: a.num.times(b.den).plus(b.num.times(a.den)), den };
  return den.e > longestDenominator ? reduced(all) : all;
};

/** Digits of a denominator beyond which a sum is reduced: the sum of many resources would exceed the precision otherwise. */
const longestDenominator = 40;

/** The same value with the smallest whole numerator and denominator. */
export const reduced = ({ num, den }: Fraction): Fraction => {
  const scale = new Exact(10).pow(Math.max(num.decimalPlaces(), den.decimalPlaces()));
  const [top, bottom] = [BigInt(num.times(scale).toFixed(0)), BigInt(den.times(scale).toFixed(0))];
  let [divisor, rest] = [bottom, top < 0n ? -top : top];
  while (rest > 0n) [divisor, rest] = [rest, divisor % rest];
  return fraction(String(top / divisor), String(bottom / divisor));
};

export const minus = (a: Fraction, b: Fraction): Fraction =>
  a.den === b.den ? { num: a.num.minus(b.num), den: a.den } : plus(a, { num: b.num.neg(), den: b.den });

/** Most quantities have the denominator one, for which nothing is multiplied. */
const product = (a: DecimalJs, b: DecimalJs): DecimalJs => (a === one ? b : b === one ? a : a.times(b));

export const times = (a: Fraction, b: Fraction): Fraction => ({
  num: product(a.num, b.num),
  den: product(a.den, b.den),
});

export const sum = (all: readonly Fraction[]): Fraction => all.reduce(plus, zero);

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export const compare = (a: Fraction, b: Fraction): number =>
  a.den === b.den ? a.num.comparedTo(b.num) : product(a.num, b.den).comparedTo(product(b.num, a.den));

export const isPositive = (a: Fraction): boolean => a.num.gt(0);
export const isZero = (a: Fraction): boolean => a.num.isZero();
export const least = (a: Fraction, b: Fraction): Fraction => (compare(a, b) <= 0 ? a : b);
export const greatest = (a: Fraction, b: Fraction): Fraction => (compare(a, b) >= 0 ? a : b);

export type Rounding = 'half_up' | 'half_even' | 'down';

/** An amount is too large for a number to hold exactly, so no invoice can contain it. The message names what it is the amount of. */
export class AmountOutOfRange extends RangeError {
  override readonly name = 'AmountOutOfRange';
  constructor(of: string, amount: string) {
    super(`${of} comes to ${amount} minor units, and an amount holds at most ${Number.MAX_SAFE_INTEGER}.`);
  }
}

/** Checks a sum of amounts. @throws AmountOutOfRange if it is too large to be exact */
export const exactAmount = (amount: number, of: string): number => {
  if (!Number.isSafeInteger(amount)) throw new AmountOutOfRange(of, new Exact(amount).toFixed());
  return amount;
};

/**
 * The nearest whole number; `half_up` takes halves away from zero, `down` cuts towards it.
 * @param of names the amount in the error
 * @throws AmountOutOfRange if it is too large to be exact
 */
export const toWhole = (a: Fraction, rounding: Rounding, of = 'An amount'): number => {
  if (a.den === one && a.num.isInteger()) return safe(a.num, of);
  const negative = a.num.isNegative();
  const magnitude = a.num.abs();
  const whole = magnitude.divToInt(a.den);
  const twiceRest = magnitude.minus(whole.times(a.den)).times(2);
  const side = twiceRest.comparedTo(a.den);
  const isUp = rounding !== 'down' && (side > 0 || (side === 0 && (rounding === 'half_up' || !whole.mod(2).isZero())));
  const rounded = isUp ? whole.plus(1) : whole;
  return safe(negative ? rounded.neg() : rounded, of);
};

const safe = (whole: DecimalJs, of: string): number => {
  const result = whole.toNumber();
  if (!Number.isSafeInteger(result)) throw new AmountOutOfRange(of, whole.toFixed());
  return result === 0 ? 0 : result;
};

/** The smallest whole number that is not less than a value that is not negative. */
export const ceiling = (a: Fraction): DecimalJs => {
  const whole = a.num.divToInt(a.den);
  return whole.times(a.den).eq(a.num) ? whole : whole.plus(1);
};

const scales = new Map<number, DecimalJs>();

const scaleOf = (places: number): DecimalJs => {
  const found = scales.get(places) ?? new Exact(10).pow(places);
  scales.set(places, found);
  return found;
};

/** Plain digits, at most `places` after the point, without trailing zeros: for display and messages, not for further arithmetic. */
export const toText = (a: Fraction, places = 12): string => {
  if (a.den === one && a.num.decimalPlaces() <= places) return a.num.isZero() ? '0' : a.num.toFixed();
  const scale = scaleOf(places);
  const scaled = a.num.abs().times(scale);
  const whole = scaled.divToInt(a.den);
  const isUp = scaled.minus(whole.times(a.den)).times(2).gte(a.den);
  const rounded = (isUp ? whole.plus(1) : whole).div(scale);
  return rounded.isZero() ? '0' : `${a.num.isNegative() ? '-' : ''}${rounded.toFixed()}`;
};
