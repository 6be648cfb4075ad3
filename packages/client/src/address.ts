import type { Operations } from './generated/operations.ts';
import { operations } from './generated/routes.ts';

export type Address = { method: string; path: string; body?: Readonly<Record<string, unknown>> };

/**
 * The HTTP request of an operation: the fields that its path names are filled in, the rest is the query of a GET or DELETE, and the JSON
 * body of other methods.
 */
export function addressOf(name: keyof Operations, input: Readonly<Record<string, unknown>>): Address {
  const [method, template] = operations[name];
  const used = new Set<string>();
  const path = template.replaceAll(/\{(\w+)\}/g, (_, field: string) => {
    used.add(field);
    return encodeURIComponent(String(input[field]));
  });
  const rest = Object.entries(input).filter(([field, value]) => !used.has(field) && value !== undefined);
  if (method !== 'GET' && method !== 'DELETE') return { method, path, body: Object.fromEntries(rest) };
  const query = new URLSearchParams(rest.map(([field, value]) => [field, String(value)]));
  return { method, path: query.size === 0 ? path : `${path}?${query}` };
}
