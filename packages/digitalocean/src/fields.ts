import { z } from 'zod';

/** A decimal as text, however the provider writes it: `"12.34"`, `5`, or `0.00744` by way of its source text. */
export const decimalText = z.union([z.string(), z.int()]).transform(String);

/** A region that is an object in one place and a slug in another; the slug is what counts. */
export const regionSlug = z
  .union([z.string(), z.object({ slug: z.string() })])
  .nullish()
  .transform((region) => (typeof region === 'object' && region !== null ? region.slug : (region ?? null)));

/** Lists that may be null or absent when they are empty. */
export const textList = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);

export const numberList = z
  .array(z.int())
  .nullish()
  .transform((list) => list ?? []);

/** Ids are numbers in one listing and text in another; one id is one text. */
export const idText = z.union([z.string().min(1), z.int()]).transform(String);
