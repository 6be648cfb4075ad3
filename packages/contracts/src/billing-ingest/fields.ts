import { z } from 'zod';

/** A month, or any date in it. */
export const periodOrDate = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])([T ].*)?)?$/, 'a month such as 2026-04, or a date in it')
  .transform((text) => text.slice(0, 7));

/** A provider's own name of an invoice: a UUID so far, but nothing rests on that. */
export const invoiceUuid = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9-]+$/, 'letters, digits and hyphens');
