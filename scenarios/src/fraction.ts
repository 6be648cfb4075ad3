/** Exact rational numbers on BigInt, independent of the arithmetic that they are used to check. */
export type Fraction = { readonly top: bigint; readonly bottom: bigint };

export const fraction = (top: bigint, bottom = 1n): Fraction => ({ top, bottom });

/** `"12.50"` as 1250/100. */
export const fractionOf = (text: string): Fraction => {
  const [whole = '0', decimals = ''] = text.split('.');
  return fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
};

export const plus = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom);
export const minus = (a: Fraction, b: Fraction): Fraction => plus(a, fraction(-b.top, b.bottom));
export const times = (a: Fraction, b: Fraction): Fraction => fraction(a.top * b.top, a.bottom * b.bottom);
export const over = (a: Fraction, b: Fraction): Fraction => fraction(a.top * b.bottom, a.bottom * b.top);
export const isPositive = (a: Fraction): boolean => a.top > 0n === a.bottom > 0n && a.top !== 0n;

/** The largest whole number that is not above a fraction of at least zero with a positive bottom. */
export const floorOf = (a: Fraction): bigint => a.top / a.bottom;

/** Rounds to a whole number, half away from zero. */
export const roundedHalfUp = (a: Fraction): bigint => {
  const isNegative = a.top < 0n !== a.bottom < 0n;
  const top = a.top < 0n ? -a.top : a.top;
  const bottom = a.bottom < 0n ? -a.bottom : a.bottom;
  const rounded = (2n * top + bottom) / (2n * bottom);
  return isNegative ? -rounded : rounded;
};

/** True if a fraction, rounded to the places of a decimal, equals it. */
export const agrees = (a: Fraction, decimal: string): boolean => {
  const places = BigInt((decimal.split('.')[1] ?? '').length);
  return roundedHalfUp(times(a, fraction(10n ** places))) === fractionOf(decimal).top;
};

/** A fraction as text with twelve decimals, for messages. */
export const decimalOf = (a: Fraction): string => {
  const scaled = roundedHalfUp(times(a, fraction(10n ** 12n)));
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(13, '0');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -12)}.${digits.slice(-12)}`;
};
