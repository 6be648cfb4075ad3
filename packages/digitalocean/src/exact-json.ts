/**
 * Parses JSON without passing a fraction through a float: a number that is not a safe integer becomes its source text. It costs a
 * call per value, so listings without amounts are parsed plainly.
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, hasUnstorable(text) ? storableSource : keepSource);
}

/** Parses JSON with fractions as floats, for answers whose fractions are not used. An id that no float can hold is kept as text. */
export function parsePlainJson(text: string): unknown {
  return hasLongInteger(text) || hasUnstorable(text) ? parseExactJson(text) : JSON.parse(text);
}

const hasLongInteger = (text: string): boolean => /id":\s*\d{16}/.test(text);

/** An escaped NUL or a lone surrogate, which JSON allows and Postgres cannot store. */
const hasUnstorable = (text: string): boolean => text.includes('\\u') && /\\u(?:0000|[dD][89a-fA-F])/.test(text);

type Source = { source?: string };

function keepSource(this: unknown, _key: string, value: unknown, context?: Source): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return Number.isSafeInteger(value) && /^-?\d+$/.test(context.source) ? value : context.source;
}

function storableSource(this: unknown, key: string, value: unknown, context?: Source): unknown {
  return typeof value === 'string'
    ? value.toWellFormed().replaceAll('\0', '\ufffd')
    : keepSource.call(this, key, value, context);
}
