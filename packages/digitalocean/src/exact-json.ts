/**
 * Parses JSON without ever passing a fraction through a float: a number that is no safe integer comes out as the text
 * it had. Costs a visit per value, so listings without amounts are parsed plainly.
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, keepSource);
}

function keepSource(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return Number.isSafeInteger(value) && /^-?\d+$/.test(context.source) ? value : context.source;
}
