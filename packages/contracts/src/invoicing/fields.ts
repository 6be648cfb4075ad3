import { z } from 'zod';
import { decimalText } from '../decimal.ts';

export const anyone = ['platform_admin', 'tenant'] as const;
export const operator = ['platform_admin'] as const;

/** A query string knows no true and false. */
export const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

export const catalogCode = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a code such as studio or storage_50gb');
export const positiveDecimal = decimalText.refine(
  (text) => !text.startsWith('-') && /[1-9]/.test(text),
  'a number above zero',
);
export const unsignedDecimal = decimalText.refine((text) => !text.startsWith('-'), 'a number that is not negative');
