import { z } from 'zod';

export const slug = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and hyphens, such as my-app');

export const words = z.string().min(1).max(200);

export const reason = z.string().min(1).max(500);

export const providerTag = z
  .string()
  .max(255)
  .regex(/^[\w:-]+$/, 'a tag of letters, digits, colons, hyphens and underscores');
