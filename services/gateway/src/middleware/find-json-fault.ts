/** What makes a JSON text unusable, in words that continue "The body …", and the remedy as an instruction; `pointer` leads to the place. */
export type JsonFault = { detail: string; pointer: string; fix: string };

/** An object or array that the scan is inside of: the fields seen so far (null for an array), and the present field or index. */
type Level = { fields: Set<string> | null; at: string | number };

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const minus = 0x2d;

const numberHere = /-?\d[\d.eE+-]*/y;

/**
 * Finds in a JSON text what two readers may understand in two ways, or what cannot be kept: a field that an object has twice, a number that
 * JavaScript rounds, `__proto__` as a field, text that Postgres cannot store, or more levels than `deepest`. Null if there is none, and for a
 * text that is not JSON, which the parser reports better. One pass without recursion, so the text cannot exhaust the stack.
 */
export const findJsonFault = (text: string, deepest: number): JsonFault | null => {
  const levels: Level[] = [];
  let isName = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const level = levels.at(-1);
    if (code === quote) {
      const end = endOfString(text, index + 1);
      const string = stringIn(text.slice(index, end + 1));
      if (string === null) return null;
      if (isName && level?.fields) {
        const fault = faultOfName(string, level.fields);
        level.at = string;
        if (fault !== null) return { ...fault, pointer: pointerTo(levels) };
        level.fields.add(string);
        isName = false;
      }
      const fault = faultOfText(string);
      if (fault !== null) return { ...fault, pointer: pointerTo(levels) };
      index = end;
    } else if (code === 0x7b || code === 0x5b) {
      if (levels.length === deepest)
        return {
          detail: `is nested deeper than ${deepest} levels`,
          fix: `nest it at most ${deepest} levels deep`,
          pointer: pointerTo(levels),
        };
      isName = code === 0x7b;
      levels.push(isName ? { fields: new Set(), at: '' } : { fields: null, at: 0 });
    } else if (code === 0x7d || code === 0x5d) {
      levels.pop();
      isName = false;
    } else if (code === comma) {
      isName = level?.fields instanceof Set;
      if (typeof level?.at === 'number') level.at += 1;
    } else if (code === minus || (code >= 0x30 && code <= 0x39)) {
      numberHere.lastIndex = index;
      const number = numberHere.exec(text)?.[0] ?? '';
      if (isRounded(number))
        return {
          detail: `has the number ${number.slice(0, 40)}, which would be rounded to ${Number(number)}`,
          fix: 'send a number of at most 15 digits, or text where the field takes text',
          pointer: pointerTo(levels),
        };
      index += Math.max(number.length, 1) - 1;
    }
  }
  return null;
};

/** The place of the closing quote of a string; the end of the text if there is none. */
const endOfString = (text: string, from: number): number => {
  for (let index = from; ; index += 1) {
    index = text.indexOf('"', index);
    if (index === -1) return text.length;
    let escapes = 0;
    while (text.charCodeAt(index - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return index;
  }
};

/** The string of a literal with its quotes; null if it is none. Only escape sequences cost a parse. */
const stringIn = (literal: string): string | null => {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return null;
  }
};

const faultOfName = (name: string, seen: ReadonlySet<string>): Omit<JsonFault, 'pointer'> | null => {
  if (name === '__proto__') return { detail: 'has a field named __proto__', fix: 'leave the field out' };
  if (!seen.has(name)) return null;
  return {
    detail: `has the field ${JSON.stringify(name.slice(0, 64))} twice in one object`,
    fix: 'send each field once',
  };
};

const faultOfText = (text: string): Omit<JsonFault, 'pointer'> | null => {
  if (text.includes('\0')) return { detail: 'contains a NUL character', fix: 'leave the character out' };
  if (text.isWellFormed()) return null;
  return { detail: 'contains half a surrogate pair', fix: 'send whole characters' };
};

const pointerTo = (levels: readonly Level[]): string =>
  levels.map(({ at }) => `/${String(at).slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** True for a number that JavaScript does not hold exactly, or holds as infinite. Short ones without an exponent are always exact. */
const isRounded = (number: string): boolean => {
  if (number.length <= 15 && !/e/i.test(number)) return false;
  // No double needs more digits than this, and the expressions below take quadratic time.
  if (number.length > 800) return true;
  const value = Number(number);
  return !Number.isNaN(value) && plain(number) !== plain(String(value));
};

/** The digits and the exponent of a decimal, the same for every spelling of one value. */
const plain = (number: string): string => {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const shortest = digits.replace(/0+$/, '');
  if (shortest === '') return whole === '' ? number : '0';
  return `${sign}${shortest}e${Number(exponent) - fraction.length + digits.length - shortest.length}`;
};
