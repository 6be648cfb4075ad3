import { z } from 'zod';

/**
 * A field that is parsed in one step. A listing has tens of thousands of items with a dozen such fields each, and chains of unions
 * and defaults took half of the parsing time.
 * @param read returns undefined for a value that is not `expected`
 */
const field = <T>(expected: string, read: (value: unknown) => T | undefined) =>
  z.transform((value: unknown, context): T => {
    const found = read(value);
    if (found !== undefined) return found;
    context.issues.push({ code: 'custom', message: `expected ${expected}`, input: value });
    return z.NEVER;
  });

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

/** A decimal as text, from any form that the provider uses: `"12.34"`, `5`, or the source text of `0.00744`. */
export const decimalText = z.union([z.string(), z.int()]).transform(String);

/** The slug of a region, which is an object in some places and a slug in others. */
export const regionSlug = field<string | null>('a region or its slug', (region) => {
  if (isAbsent(region)) return null;
  const slug = typeof region === 'object' && 'slug' in region ? region.slug : region;
  return typeof slug === 'string' ? slug : undefined;
});

/** A list that may be null or absent if it is empty. */
export const textList = field<string[]>('a list of texts', (list) => {
  if (isAbsent(list)) return [];
  return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined;
});

const idOf = (id: unknown): string | undefined => {
  if (typeof id === 'string') return id.length > 0 && id.length <= 400 ? id : undefined;
  return Number.isSafeInteger(id) ? String(id) : undefined;
};

/** An id as text; ids are numbers in some listings and text in others. At most 400 characters. */
export const idText = field('an id', idOf);

export const idList = field<string[]>('a list of ids', (list) => {
  if (isAbsent(list)) return [];
  if (!Array.isArray(list)) return undefined;
  const ids = list.map(idOf);
  return ids.every((id) => id !== undefined) ? ids : undefined;
});

/** A name, empty if there is none. The provider allows 255 characters; longer text is cut at 500. */
export const nameText = field('a name', (name) => {
  if (isAbsent(name)) return '';
  return typeof name === 'string' ? name.slice(0, 500) : undefined;
});

/** A time as the provider writes it, RFC 3339 or Unix seconds; empty if it is absent. */
export const timeText = field('a time', (time) => {
  if (isAbsent(time)) return '';
  if (typeof time === 'string') return time;
  return typeof time === 'number' && Number.isSafeInteger(time) && Math.abs(time) < 8e12
    ? Temporal.Instant.fromEpochMilliseconds(time * 1000).toString()
    : undefined;
});

/** An enum value that a response may omit. */
export const wordText = field('a word', (word) => {
  if (isAbsent(word)) return 'unknown';
  return typeof word === 'string' ? word : undefined;
});

/** A whole number that a response may omit. */
export const count = field('a whole number', (number) => {
  if (isAbsent(number)) return 0;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
});
