import { hash } from 'node:crypto';
import { canonicalJson, type Json, resourceId } from '@arcadia/contracts';

export const provider = 'digitalocean';

/** What a listing shows of one resource, in our words. Nothing in it moves by itself: volatile fields are left behind. */
export type Listed = {
  kind: string;
  providerId: string;
  name: string;
  status: string | null;
  region: string | null;
  /** RFC 3339 in UTC, to the microsecond. */
  createdAt: string | null;
  attrs: Record<string, Json>;
};

/** The state of a resource during one stretch of time, as it is kept in the log and said on the stream. */
export type State = {
  is_present: boolean;
  name: string;
  status: string | null;
  region: string | null;
  created_at: string | null;
  attrs: Record<string, Json>;
};

export const idOf = (listed: Pick<Listed, 'kind' | 'providerId'>): string =>
  resourceId(provider, listed.kind, listed.providerId);

export const stateOf = (listed: Listed): State => ({
  is_present: true,
  name: listed.name,
  status: listed.status,
  region: listed.region,
  created_at: listed.createdAt,
  attrs: listed.attrs,
});

/**
 * What differs by kind, as JSON text; the order of names is fixed, because Postgres gives them back in its own. Written of every
 * resource of every listing, and of what is new needed three times over: so it is remembered, and what is plain and in order
 * already is written plainly.
 */
export const attrsText = (attrs: State['attrs']): string =>
  remembered(attrsTexts, attrs, () => (isPlainInOrder(attrs) ? JSON.stringify(attrs) : canonicalJson(attrs)));

const isPlainInOrder = (attrs: State['attrs']): boolean => {
  let last = '';
  for (const name in attrs) {
    const value = attrs[name];
    if (name < last || (typeof value === 'object' && value !== null && !isPlainList(value))) return false;
    last = name;
  }
  return true;
};

const isPlainList = (value: object): boolean => Array.isArray(value) && value.every((item) => typeof item !== 'object');

/** A state as JSON text: the same for the same state, wherever it comes from. */
export const stateText = (state: State): string =>
  remembered(stateTexts, state, () => {
    const { attrs, is_present, name, status, region, created_at } = state;
    return `${JSON.stringify({ is_present, name, status, region, created_at }).slice(0, -1)},"attrs":${attrsText(attrs)}}`;
  });

/** States and attributes are never changed in place. */
const attrsTexts = new WeakMap<State['attrs'], string>();
const stateTexts = new WeakMap<State, string>();

const remembered = <Key extends object>(texts: WeakMap<Key, string>, key: Key, write: () => string): string => {
  const known = texts.get(key);
  if (known !== undefined) return known;
  const text = write();
  texts.set(key, text);
  return text;
};

/** Equal hash: nothing about it has changed that counts as a change. */
export const hashOfState = (state: State): string => hash('sha256', stateText(state), 'base64url').slice(0, 22);

/** The resource that this one inherits from, where it names one. */
export const sourceIdOf = ({ attrs }: Pick<State, 'attrs'>): string | null => {
  const { source_kind: kind, source_id: providerId } = attrs;
  return typeof kind === 'string' && typeof providerId === 'string' ? resourceId(provider, kind, providerId) : null;
};

/** Postgres keeps microseconds; an instant is cut to them before it is compared, stored or said, so that all three agree. */
export const toMicroseconds = (instant: Temporal.Instant): Temporal.Instant =>
  instant.round({ smallestUnit: 'microsecond', roundingMode: 'floor' });

export const earlier = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant =>
  Temporal.Instant.compare(a, b) <= 0 ? a : b;

export const later = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant =>
  Temporal.Instant.compare(a, b) >= 0 ? a : b;

export const isBefore = (a: Temporal.Instant, b: Temporal.Instant): boolean => Temporal.Instant.compare(a, b) < 0;
