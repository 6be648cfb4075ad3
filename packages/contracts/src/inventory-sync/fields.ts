import { z } from 'zod';

/** A kind of resource on input, spelled as in subjects and columns. */
export const kindName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'a kind such as droplet')
  .meta({ description: 'Kind of resource.', example: 'droplet' });
