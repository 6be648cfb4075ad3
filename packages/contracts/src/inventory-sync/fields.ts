import { z } from 'zod';

/** A kind of resource, as it stands in subjects and columns. */
export const kindName = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a kind such as droplet');
