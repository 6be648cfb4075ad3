import { z } from 'zod';
import { dayText, instantText } from '../time.ts';

/**
 * A sum of quantities or of unit-seconds, an exact decimal in text. Wider than a single quantity, so that a sum can be
 * published however much a deployment reports: the figures of one deployment never block those of the others.
 */
export const summedText = z
  .string()
  .regex(/^-?\d{1,60}(\.\d{1,60})?$/, 'a plain decimal such as "2592000.5"')
  .meta({ description: 'A sum, an exact decimal in text.', example: '2592000.5' });

/** A UTC day, which means its first instant, or an instant. */
export const dayOrInstant = z.union([dayText, instantText]);
