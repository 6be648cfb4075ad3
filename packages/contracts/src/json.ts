import { createHash, hash } from 'node:crypto';
import { z } from 'zod';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Any JSON value. It stands where data has just been parsed from JSON, so nothing is left to check; `z.json()` is recursive,
 * which the OpenAPI generator cannot follow.
 */
export const json = z.unknown() as unknown as z.ZodType<Json>;

/**
 * Any JSON object, taken as it is, for events that are published a million times: a record of `json` accepts the same but is
 * walked key by key, which was most of the cost of validating a line. Never make it nullable or optional: the OpenAPI
 * document would not show that.
 */
export const jsonObject = z
  .unknown()
  .refine((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'an object')
  .meta({ type: 'object' }) as unknown as z.ZodType<{ [key: string]: Json }, { [key: string]: Json }>;

/**
 * The canonical form of a JSON value (RFC 8785): keys in code-unit order, no white space, numbers as ECMAScript writes
 * them. Properties that are undefined are left out. A value that JSON cannot hold is a bug and throws a TypeError.
 */
export const canonicalJson = (value: unknown): string => {
  const walk = { isPlain: true };
  const copy = ordered(value, walk);
  return walk.isPlain ? JSON.stringify(copy) : written(value);
};

/** True for a key that JavaScript orders or stores in its own way, so that a copy cannot hold it in code-unit order. */
const isPeculiar = (key: string): boolean => key === '__proto__' || (key >= '0' && key < ':');

/** The value with its keys in order, for JSON.stringify, which is many times faster than our own code. Copies only objects out of order. */
const ordered = (value: unknown, walk: { isPlain: boolean }): unknown => {
  if (typeof value !== 'object' || value === null) return mustBeJson(value);
  if (Array.isArray(value)) return orderedItems(value, walk);
  const given = value as Record<string, unknown>;
  const keys = Object.keys(given);
  let copy = isAscending(keys) ? null : ({} as Record<string, unknown>);
  // Without a comparison of its own, sort compares code units.
  if (copy !== null) keys.sort();
  for (const key of keys) {
    if (isPeculiar(key)) {
      walk.isPlain = false;
      continue;
    }
    const item = given[key] === undefined ? undefined : ordered(given[key], walk);
    if (copy === null && item !== given[key]) copy = { ...given };
    if (copy !== null) copy[key] = item;
  }
  return copy ?? given;
};

const orderedItems = (items: readonly unknown[], walk: { isPlain: boolean }): readonly unknown[] => {
  let copy: unknown[] | null = null;
  for (let index = 0; index < items.length; index += 1) {
    const item = ordered(items[index], walk);
    if (copy === null && item !== items[index]) copy = items.slice();
    if (copy !== null) copy[index] = item;
  }
  return copy ?? items;
};

const isAscending = (keys: readonly string[]): boolean => {
  for (let index = 1; index < keys.length; index += 1) if ((keys[index] ?? '') < (keys[index - 1] ?? '')) return false;
  return true;
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
  const keys = Object.keys(given)
    .filter((key) => given[key] !== undefined)
    .sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${written(given[key])}`).join(',')}}`;
};

/** sha256 of a text, in hex. */
export const textHash = (text: string): string => hash('sha256', text);

/** The entity tag of an answer (RFC 9110): equal answers have equal tags. */
export const entityTag = (answer: unknown): string => `"${textHash(JSON.stringify(answer)).slice(0, 32)}"`;

/** sha256 of the canonical form, in hex: equal content, equal hash, whatever the order of keys. */
export const contentHash = (value: unknown): string => textHash(canonicalJson(value));

/** Items of a long array that are hashed between two steps. */
const itemsInStep = 100;

/**
 * The same hash in steps, for a value of many megabytes: an array, or an object with long arrays, is hashed some items at a time. The caller
 * may do something else between the steps; the value must not change meanwhile.
 */
export function* contentHashSteps(value: object): Generator<undefined, string> {
  const sum = createHash('sha256');
  if (Array.isArray(value)) yield* feedItems(value, sum);
  else {
    const given = value as Record<string, unknown>;
    const keys = Object.keys(given)
      .filter((key) => given[key] !== undefined)
      .sort();
    for (const [index, key] of keys.entries()) {
      sum.update(`${index === 0 ? '{' : ','}${JSON.stringify(key)}:`);
      const item = given[key];
      if (Array.isArray(item)) yield* feedItems(item, sum);
      else sum.update(canonicalJson(item));
    }
    sum.update(keys.length === 0 ? '{}' : '}');
  }
  return sum.digest('hex');
}

function* feedItems(items: readonly unknown[], sum: { update(text: string): unknown }): Generator<undefined, void> {
  if (items.length <= itemsInStep) {
    sum.update(canonicalJson(items));
    return;
  }
  for (let from = 0; from < items.length; from += itemsInStep) {
    sum.update(from === 0 ? '[' : ',');
    sum.update(canonicalJson(items.slice(from, from + itemsInStep)).slice(1, -1));
    yield;
  }
  sum.update(']');
}
