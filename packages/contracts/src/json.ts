import { createHash } from 'node:crypto';
import { z } from 'zod';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * Any JSON value. It stands where data has just been parsed from JSON, so nothing is left to check; `z.json()` is recursive,
 * which the OpenAPI generator cannot follow.
 */
export const json = z.unknown() as unknown as z.ZodType<Json>;

/**
 * The canonical form of a JSON value (RFC 8785): keys in code-unit order, no white space, numbers as ECMAScript writes
 * them. Properties that are undefined are left out. What cannot be said in JSON is a bug and throws.
 */
export const canonicalJson = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`no JSON for ${value}`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value as Record<string, unknown>);
    default:
      throw new TypeError(`no JSON for a ${typeof value}`);
  }
};

const canonicalArray = (items: readonly unknown[]): string => {
  let text = '[';
  for (const [index, item] of items.entries()) text += index === 0 ? canonicalJson(item) : `,${canonicalJson(item)}`;
  return `${text}]`;
};

const canonicalObject = (value: Record<string, unknown>): string => {
  let text = '{';
  // Without a comparison of its own, sort compares code units.
  for (const key of Object.keys(value).sort()) {
    const item = value[key];
    if (item !== undefined) text += `${text === '{' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(item)}`;
  }
  return `${text}}`;
};

/** sha256 of the canonical form, in hex: equal content, equal hash, whatever the order of keys. */
export const contentHash = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');
