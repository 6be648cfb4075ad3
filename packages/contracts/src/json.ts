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
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`no JSON for ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  throw new TypeError(`no JSON for a ${typeof value}`);
};

/** sha256 of the canonical form, in hex: equal content, equal hash, whatever the order of keys. */
export const contentHash = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');
