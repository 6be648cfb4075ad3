/**
 * Parses JSON without ever passing a fraction through a float: a number that is no safe integer comes out as the text
 * it had. Costs a visit per value, so listings without amounts are parsed plainly.
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, hasUnstorable(text) ? storableSource : keepSource);
}

/** Parses JSON whose fractions nobody reads; an id that no float can hold is kept as text all the same. */
export function parsePlainJson(text: string): unknown {
  return hasLongInteger(text) || hasUnstorable(text) ? parseExactJson(text) : JSON.parse(text);
}

const hasLongInteger = (text: string): boolean => /id":\s*\d{16}/.test(text);

/** An escaped NUL, or half of a pair: what JSON can say and Postgres does not keep. */
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
