import { z } from 'zod';

/** Short name of a deployment on input. */
export const slug = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and hyphens, such as my-app');

/** A name for people on input, 1 to 200 characters. */
export const words = z.string().min(1).max(200);

/** A reason on input, 1 to 500 characters. */
export const reason = z.string().min(1).max(500);

/** A tag of the provider on input. */
export const providerTag = z
  .string()
  .max(255)
  .regex(/^[\w:-]+$/, 'a tag of letters, digits, colons, hyphens and underscores');
