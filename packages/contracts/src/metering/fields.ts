import { z } from 'zod';
import { dayText, instantText } from '../time.ts';

/**
 * What quantities add up to, and what their seconds make of them. Wider than any one of them on the wire, so that however much
 * a deployment reports, what it sums to can still be said: one deployment's figures never stand in the way of the others'.
 */
export const summedText = z.string().regex(/^-?\d{1,60}(\.\d{1,60})?$/, 'a plain decimal such as "2592000.5"');

/** A day `YYYY-MM-DD` stands for its first instant. */
export const dayOrInstant = z.union([dayText, instantText]);

/** A query string knows no true and false. */
export const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());
