import { z } from 'zod';

/**
 * A field that is read in one step: of tens of thousands of items with a dozen such fields each, unions and defaults one after
 * the other were half of what reading them cost.
 * @param read gives undefined for what is not `expected`
 */
const field = <T>(expected: string, read: (value: unknown) => T | undefined) =>
  z.transform((value: unknown, context): T => {
    const found = read(value);
    if (found !== undefined) return found;
    context.issues.push({ code: 'custom', message: `expected ${expected}`, input: value });
    return z.NEVER;
  });

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

/** A decimal as text, however the provider writes it: `"12.34"`, `5`, or `0.00744` by way of its source text. */
export const decimalText = z.union([z.string(), z.int()]).transform(String);

/** A region that is an object in one place and a slug in another; the slug is what counts. */
export const regionSlug = field<string | null>('a region or its slug', (region) => {
  if (isAbsent(region)) return null;
  const slug = typeof region === 'object' && 'slug' in region ? region.slug : region;
  return typeof slug === 'string' ? slug : undefined;
});

/** Lists that may be null or absent when they are empty. */
export const textList = field<string[]>('a list of texts', (list) => {
  if (isAbsent(list)) return [];
  return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined;
});

const idOf = (id: unknown): string | undefined => {
  if (typeof id === 'string') return id.length > 0 && id.length <= 400 ? id : undefined;
  return Number.isSafeInteger(id) ? String(id) : undefined;
};

/** Ids are numbers in one listing and text in another; one id is one text. Nothing that long is an id. */
export const idText = field('an id', idOf);

export const idList = field<string[]>('a list of ids', (list) => {
  if (isAbsent(list)) return [];
  if (!Array.isArray(list)) return undefined;
  const ids = list.map(idOf);
  return ids.every((id) => id !== undefined) ? ids : undefined;
});

/** What people call it; nobody is obliged to call it anything. The provider allows 255 characters. */
export const nameText = field('a name', (name) => {
  if (isAbsent(name)) return '';
  return typeof name === 'string' ? name.slice(0, 500) : undefined;
});

/** Since when, as the provider writes it, or seconds of the Unix clock as it sometimes does; empty when it does not say. */
export const timeText = field('a time', (time) => {
  if (isAbsent(time)) return '';
  if (typeof time === 'string') return time;
  return typeof time === 'number' && Number.isSafeInteger(time) && Math.abs(time) < 8e12
    ? Temporal.Instant.fromEpochMilliseconds(time * 1000).toString()
    : undefined;
});

/** A word of the provider's that an answer may leave out. */
export const wordText = field('a word', (word) => {
  if (isAbsent(word)) return 'unknown';
  return typeof word === 'string' ? word : undefined;
});

/** A whole number that an answer may leave out. */
export const count = field('a whole number', (number) => {
  if (isAbsent(number)) return 0;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
});
