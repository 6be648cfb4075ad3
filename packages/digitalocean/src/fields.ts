import { z } from 'zod';

/**
 * A field that is parsed in one step. A listing has tens of thousands of items with a dozen such fields each, and chains of unions
 * and defaults took half of the parsing time.
 * @param read returns undefined for a value that is not `expected`
 */
export const field = <T>(expected: string, read: (value: unknown) => T | undefined) =>
  Object.assign(
    z.transform((value: unknown, context): T => {
      const found = read(value);
      if (found !== undefined) return found;
      context.issues.push({ code: 'custom', message: `expected ${expected}`, input: value });
      return z.NEVER;
    }),
    { expected, read },
  );

type Field<T> = { readonly expected: string; readonly read: (value: unknown) => T | undefined };
type Read<Fields> = { [Name in keyof Fields]: Fields[Name] extends Field<infer T> ? T : never };

/**
 * An object with these fields, read in one step: an object of schemas takes several times as long for each of a listing's tens of
 * thousands of items. Other fields are left out.
 */
export const fieldsOf = <Fields extends Readonly<Record<string, Field<unknown>>>>(fields: Fields) => {
  const all = Object.entries(fields);
  // A copy of an object with all names is smaller and faster than one that gets its names one by one.
  const blank = Object.fromEntries(all.map(([name]) => [name, undefined as unknown]));
  return z.transform((value: unknown, context): Read<Fields> => {
    if (!isRecord(value)) {
      context.issues.push({ code: 'custom', message: 'expected an object', input: value });
      return z.NEVER;
    }
    const found = { ...blank };
    for (const [name, { expected, read }] of all) {
      const own = read(value[name]);
      if (own === undefined)
        context.issues.push({ code: 'custom', message: `expected ${expected}`, input: value[name], path: [name] });
      found[name] = own;
    }
    return found as Read<Fields>;
  });
};

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

/** A decimal as text, from any form that the provider uses: `"12.34"`, `5`, or the source text of `0.00744`. */
export const decimalText = z.union([z.string(), z.int()]).transform(String);

/** The slug of a region, which is an object in some places and a slug in others; null if it is absent or of another form. */
export const regionSlug = field<string | null>('anything', (region) => {
  const slug = typeof region === 'object' && region !== null && 'slug' in region ? region.slug : region;
  return typeof slug === 'string' ? slug : null;
});

/** A list that may be null or absent if it is empty; items of it that are null are left out. */
export const textList = field<string[]>('a list of texts', (list) => {
  if (isAbsent(list)) return [];
  if (!Array.isArray(list)) return undefined;
  if (list.every((item) => typeof item === 'string')) return list;
  const texts = list.filter((item) => !isAbsent(item)).map((item) => (typeof item === 'number' ? String(item) : item));
  return texts.every((item) => typeof item === 'string') ? texts : undefined;
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

/** A name, empty if there is none. The provider allows 255 characters; longer text is cut at 500, and no character in half. */
export const nameText = field('a name', (name) => {
  if (typeof name === 'string') return name.slice(0, 500).toWellFormed();
  return typeof name === 'number' ? String(name) : '';
});

/** A time as the provider writes it, RFC 3339 or Unix seconds; empty if it is absent or of another form. */
export const timeText = field('a time', (time) => {
  if (typeof time === 'string') return time;
  return typeof time === 'number' && Number.isSafeInteger(time) && Math.abs(time) < 8e12
    ? Temporal.Instant.fromEpochMilliseconds(time * 1000).toString()
    : '';
});

/** An enum value that a response may omit. */
export const wordText = field('a word', (word) => {
  if (isAbsent(word)) return 'unknown';
  return typeof word === 'string' ? word : undefined;
});

const wholeNumber = (number: unknown): number | undefined => {
  const value = typeof number === 'string' && /^\d{1,15}$/.test(number) ? Number(number) : number;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
};

/** A whole number on which an amount depends, also as text; null if it is absent, which is unknown and not 0. */
export const neededCount = field<number | null>('a whole number', (number) =>
  isAbsent(number) ? null : wholeNumber(number),
);

/** Whether something holds on which an amount depends; false if it is absent. */
export const neededFlag = field('true or false', (flag) => {
  if (isAbsent(flag) || flag === false || flag === 'false') return false;
  return flag === true || flag === 'true' ? true : undefined;
});

// Fields on which nothing depends but how a resource is shown: whatever they hold, the resource is listed.

/** A whole number; null if it is absent or of another form. */
export const anyCount = field<number | null>('anything', (number) => wholeNumber(number) ?? null);

/** A whole number; 0 if it is absent or of another form. */
export const anyCountOrZero = field('anything', (number) => wholeNumber(number) ?? 0);

/** A text, also of a number; null if it is absent or of another form. */
export const anyText = field<string | null>('anything', (text) => {
  if (typeof text === 'string') return text;
  return typeof text === 'number' ? String(text) : null;
});

/** A text, also of a number; empty if it is absent or of another form. */
export const anyTextOrEmpty = field('anything', (text) => {
  if (typeof text === 'string') return text;
  return typeof text === 'number' ? String(text) : '';
});

/** True for true, false for everything else. */
export const anyFlag = field('anything', (flag) => flag === true || flag === 'true');
