import { data } from 'currency-codes';
import { z } from 'zod';
import { Decimal } from './decimal.ts';

/** An amount in the currency's minor unit (cents), signed. */
export const cents = z
  .int()
  .meta({ description: "An amount in whole minor units (cents) of the object's currency, signed.", example: 1234 });

/** An ISO 4217 code as stored: a code accepted once stays readable, also where a newer list lacks it. */
export const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as AUD')
  .meta({ description: 'The currency, an ISO 4217 code.', example: 'AUD' });

/** Those that the runtime knows, and those of ISO 4217 that it lacks, such as CLF and UYW; not ISO's codes of metals and tests. */
const currencies: ReadonlySet<string> = new Set([
  ...Intl.supportedValuesOf('currency'),
  ...data.map(({ code }) => code).filter((code) => !code.startsWith('X')),
]);

/** A currency code on input: one that exists. */
export const knownCurrency = currencyCode.refine((code) => currencies.has(code), 'a currency of ISO 4217, such as AUD');

/** Decimal places of the minor unit by code, where ISO 4217 has other than two. Not from `Intl`, whose digits differ from ISO's. */
const exponents: ReadonlyMap<string, number> = new Map(
  data.flatMap(({ code, digits }) => (digits === 2 ? [] : [[code, digits]])),
);

/** Decimal places of a currency's minor unit by ISO 4217: 2 for AUD, 0 for JPY, 3 for KWD. */
export const currencyExponent = (currency: string): number => exponents.get(currency) ?? 2;

/** Rounds an exact amount in minor units to a whole number of them: half up, which is half away from zero. */
export const roundHalfUp = (amount: Decimal): number => {
  const rounded = amount.toDecimalPlaces(0, Decimal.ROUND_HALF_UP);
  const result = rounded.toNumber();
  if (!Number.isSafeInteger(result)) throw new RangeError(`amount out of range: ${amount.toFixed()} minor units`);
  return result === 0 ? 0 : result;
};

/** An amount in whole minor units as a decimal of the currency: `-1234` in AUD as `-12.34`, in JPY as `-1234`. */
export const formatMinor = (amount: number, currency: string): string => {
  const exponent = currencyExponent(currency);
  return new Decimal(amount).div(new Decimal(10).pow(exponent)).toFixed(exponent);
};

/**
 * An exact unit price in minor units as a decimal of the currency, cut after `places` decimals of a minor unit: `0.6` in AUD as
 * `0.006`. At least the currency's own decimals are written.
 */
export const formatUnitPrice = (price: string, currency: string, places = 4): string => {
  const exponent = currencyExponent(currency);
  const exact = new Decimal(price).toDecimalPlaces(places, Decimal.ROUND_DOWN).div(new Decimal(10).pow(exponent));
  return exact.toFixed(Math.max(exponent, exact.decimalPlaces()));
};

const symbols = new Map<string, string>();

/** Latin letters and the signs of currencies that the fonts of documents have; ฿, ৳ and ៛ are not among them. */
const drawable = /^[\u0020-\u024f\u20a0-\u20c0]+$/;

/** The sign that a currency's amounts begin with: `$` for AUD and USD alike, `¥` for JPY, and `KWD ` where there is none that can be drawn. */
const signOf = (currency: string): string => {
  const known = symbols.get(currency);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
  const symbol = format.formatToParts(0).find(({ type }) => type === 'currency')?.value ?? currency;
  const drawn = drawable.test(symbol) ? symbol : currency;
  const sign = /[\p{L}.]$/u.test(drawn) ? `${drawn} ` : drawn;
  symbols.set(currency, sign);
  return sign;
};

/** A decimal with its thousands set apart: `1488.5` as `1,488.5`. */
export const groupThousands = (decimal: string): string => {
  const [whole = '', fraction] = decimal.split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
};

const withSign = (decimal: string, currency: string): string => {
  const isNegative = decimal.startsWith('-');
  return `${isNegative ? '-' : ''}${signOf(currency)}${groupThousands(isNegative ? decimal.slice(1) : decimal)}`;
};

/** An amount in whole minor units for people to read: `-123450` in AUD as `-$1,234.50`, `5000` in JPY as `¥5,000`. */
export const formatMoney = (amount: number, currency: string): string =>
  withSign(formatMinor(amount, currency), currency);

/** An amount in whole minor units with its currency named, where a sign could be taken for that of another: `$1,234.50 AUD`, `KWD 1.234`. */
export const formatMoneyNamed = (amount: number, currency: string): string => {
  const text = formatMoney(amount, currency);
  return text.includes(currency) ? text : `${text} ${currency}`;
};

/** An exact unit price in minor units for people to read, by the rules of `formatUnitPrice`: `1.5` in AUD as `$0.015`. */
export const formatMoneyPrice = (price: string, currency: string): string =>
  withSign(formatUnitPrice(price, currency), currency);

/**
 * Splits an amount by weights so that the shares add up to it: each share is rounded towards zero and the units left
 * over go, one each, to the largest remainders; equal remainders to the first listed. $10.00 by three is 3.34, 3.33, 3.33.
 * Weights are not negative; when all are zero the amount is split evenly.
 */
export const allocate = (amount: number, weights: readonly (Decimal | string | number)[]): number[] => {
  if (weights.length === 0) throw new RangeError('there is no share to allocate to');
  const given = weights.map((weight) => new Decimal(weight));
  if (given.some((weight) => weight.isNegative() && !weight.isZero())) throw new RangeError('a weight is negative');
  const sum = given.reduce((total, weight) => total.plus(weight), new Decimal(0));
  const parts = sum.isZero() ? given.map(() => new Decimal(1)) : given;
  const whole = sum.isZero() ? new Decimal(parts.length) : sum;
  const sign = amount < 0 ? -1 : 1;
  const magnitude = BigInt(Math.abs(amount));

  // Over one common integer scale the shares and their remainders are exact: no division is ever rounded.
  const places = Math.max(...parts.map((part) => part.decimalPlaces()));
  const scale = new Decimal(10).pow(places);
  const weightsScaled = parts.map((part) => BigInt(part.times(scale).toFixed(0)));
  const divisor = BigInt(whole.times(scale).toFixed(0));
  const shares = weightsScaled.map((weight, index) => {
    const exact = magnitude * weight;
    return { index, share: exact / divisor, remainder: exact % divisor };
  });
  let left = magnitude - shares.reduce((total, { share }) => total + share, 0n);
  for (const entry of shares.toSorted((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  )) {
    if (left === 0n) break;
    entry.share += 1n;
    left -= 1n;
  }
  return shares.map(({ share }) => (share === 0n ? 0 : sign * Number(share)));
};
