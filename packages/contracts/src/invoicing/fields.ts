import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { cents } from '../money.ts';

/** Code of a plan or an addon on input. */
export const catalogCode = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a code such as studio or storage_50gb');
/** A decimal above zero. */
export const positiveDecimal = decimalText.refine(
  (text) => !text.startsWith('-') && /[1-9]/.test(text),
  'a number above zero',
);
/** A decimal of zero or more. */
export const unsignedDecimal = decimalText.refine((text) => !text.startsWith('-'), 'a number that is not negative');

/**
 * A quantity or a unit price in minor units, as it is entered. Twelve digits before the point are above any price there is, and
 * few enough for sums of thousands of them to stay exact.
 */
export const enteredDecimal = decimalText.regex(/^-?\d{1,12}(\.|$)/, 'at most twelve digits before the point');

/** A price in whole minor units, as it is entered. */
export const enteredCents = cents.min(0).max(999_999_999_999);
/** A unit price of the catalog, in minor units, as it is entered. */
export const enteredUnitPrice = enteredDecimal.refine((text) => !text.startsWith('-'), 'a number that is not negative');
