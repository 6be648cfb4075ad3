import { hash } from 'node:crypto';
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
  const walk = { isPlain: true };
  const copy = ordered(value, walk);
  return walk.isPlain ? JSON.stringify(copy) : written(value);
};

/** JavaScript keeps such keys in an order, or a place, of its own: a copy cannot hold them as they have to stand. */
const isPeculiar = (key: string): boolean => key === '__proto__' || (key >= '0' && key < ':');

/** A copy with its keys in order, which the engine then writes many times faster than we could piece by piece. */
const ordered = (value: unknown, walk: { isPlain: boolean }): unknown => {
  if (typeof value !== 'object' || value === null) return mustBeJson(value);
  if (Array.isArray(value)) return value.map((item) => ordered(item, walk));
  const given = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const key of keysInOrder(given)) {
    if (isPeculiar(key)) walk.isPlain = false;
    else if (given[key] !== undefined) copy[key] = ordered(given[key], walk);
  }
  return copy;
};

const keysInOrder = (value: Record<string, unknown>): string[] => {
  const keys = Object.keys(value);
  // Without a comparison of its own, sort compares code units.
  return keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') < key) ? keys : keys.sort();
};

const mustBeJson = (value: unknown): unknown => {
  if (typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string' || typeof value === 'boolean')
    return value;
  if (value === null) return value;
  throw new TypeError(`no JSON for ${typeof value === 'number' ? value : `a ${typeof value}`}`);
};

const written = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(mustBeJson(value));
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  const given = value as Record<string, unknown>;
  const said = keysInOrder(given).filter((key) => given[key] !== undefined);
  return `{${said.map((key) => `${JSON.stringify(key)}:${written(given[key])}`).join(',')}}`;
};

/** sha256 of the canonical form, in hex: equal content, equal hash, whatever the order of keys. */
export const contentHash = (value: unknown): string => hash('sha256', canonicalJson(value));
