import { Decimal as DecimalJs } from 'decimal.js';
import { z } from 'zod';

/**
 * Exact decimals for money and quantities. 60 digits hold any month of any fleet in unit-seconds; results are rounded
 * only where a caller names the mode.
 */
export const Decimal = DecimalJs.clone({
  precision: 60,
  rounding: DecimalJs.ROUND_HALF_UP,
  toExpNeg: -60,
  toExpPos: 60,
});

/** An exact decimal. */
export type Decimal = DecimalJs;

/** A decimal on the wire: plain digits, no exponent, no superfluous sign. */
export const decimalText = z
  .string()
  .regex(/^-?\d{1,40}(\.\d{1,40})?$/, 'a plain decimal such as "0.645161"')
  .meta({ description: 'An exact decimal in text.', example: '0.645161' });

const oneSpelling = /^(?:0|-?[1-9]\d*(?:\.\d*[1-9])?|-?0\.\d*[1-9])$/;

/** The one spelling of a number, which hashes rest on: no exponent, no trailing zeros, no negative zero. */
export const canonicalDecimal = (value: Decimal | string): string => {
  if (typeof value === 'string' && oneSpelling.test(value)) return value;
  const decimal = new Decimal(value);
  return decimal.isZero() ? '0' : decimal.toFixed();
};
