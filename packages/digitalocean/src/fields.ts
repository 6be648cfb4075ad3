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

/** Ids are numbers in one listing and text in another; one id is one text. Nothing that long is an id. */
export const idText = z.union([z.string().min(1).max(400), z.int()]).transform(String);

export const idList = z
  .array(idText)
  .nullish()
  .transform((list) => list ?? []);

/** What people call it; nobody is obliged to call it anything. The provider allows 255 characters. */
export const nameText = z
  .string()
  .nullish()
  .transform((name) => (name ?? '').slice(0, 500));

/** Since when, as the provider writes it, or seconds of the Unix clock as it sometimes does; empty when it does not say. */
export const timeText = z
  .union([z.string(), z.int()])
  .nullish()
  .transform((time) =>
    typeof time === 'number' ? Temporal.Instant.fromEpochMilliseconds(time * 1000).toString() : (time ?? ''),
  );

/** A word of the provider's that an answer may leave out. */
export const wordText = z
  .string()
  .nullish()
  .transform((word) => word ?? 'unknown');

/** A whole number that an answer may leave out. */
export const count = z
  .int()
  .nullish()
  .transform((number) => number ?? 0);
