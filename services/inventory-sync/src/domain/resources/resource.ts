import { hash } from 'node:crypto';
import { canonicalJson, type Json, resourceId } from '@arcadia/contracts';

export const provider = 'digitalocean';

/** A resource as a listing shows it, in our terms. Volatile fields, which change without anybody changing the resource, are left out. */
export type Listed = {
  kind: string;
  providerId: string;
  name: string;
  status: string | null;
  region: string | null;
  /** RFC 3339 in UTC, to the microsecond. */
  createdAt: string | null;
  attrs: Record<string, Json>;
  /** Attributes that follow from another resource: what they were from earlier instants on, in order of time. */
  former?: readonly { at: Temporal.Instant; attrs: Record<string, Json> }[];
};

/** The state of a resource during one span of time, as it is stored in the log and published. */
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
 * The attributes of a resource as JSON text. The order of names is fixed, because Postgres returns them in its own order. The text
 * is written for every resource of every listing, so attributes that are flat and in order already are not sorted. It is not
 * remembered: that costs more than writing it again for the few resources that are new or changed.
 */
export const attrsText = (attrs: State['attrs']): string =>
  isPlainInOrder(attrs) ? JSON.stringify(attrs) : canonicalJson(attrs);

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

/** A state as JSON text, in two parts, because a row holds its attributes alone: the fields without braces, and the attributes. */
export type StateParts = { fields: string; attrs: string };

export const stateParts = ({ attrs, is_present, name, status, region, created_at }: State): StateParts => ({
  fields: JSON.stringify({ is_present, name, status, region, created_at }).slice(1, -1),
  attrs: attrsText(attrs),
});

/** A state as JSON text: equal states have equal texts, from a listing and from the database alike. */
export const stateText = (state: State): string => textOf(stateParts(state));

export const textOf = ({ fields, attrs }: StateParts): string => `{${fields},"attrs":${attrs}}`;

/** A hash of the state: two listings with equal hashes show no change. */
export const hashOfState = (state: State): string => hashOfText(stateText(state));

/** The hash of a state of which the text is given. */
export const hashOfText = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);

/** The id of the resource that this one inherits its owner from; null if it names none. */
export const sourceIdOf = ({ attrs }: Pick<State, 'attrs'>): string | null => {
  const { source_kind: kind, source_id: providerId } = attrs;
  return typeof kind === 'string' && typeof providerId === 'string' ? resourceId(provider, kind, providerId) : null;
};

/** Postgres stores microseconds; an instant is cut to them before it is compared, stored or published, so that all three agree. */
export const toMicroseconds = (instant: Temporal.Instant): Temporal.Instant =>
  instant.round({ smallestUnit: 'microsecond', roundingMode: 'floor' });

export const earlier = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant =>
  Temporal.Instant.compare(a, b) <= 0 ? a : b;

export const later = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant =>
  Temporal.Instant.compare(a, b) >= 0 ? a : b;

// An instant is often compared with itself, and a comparison is a call out of JavaScript.
export const isBefore = (a: Temporal.Instant, b: Temporal.Instant): boolean =>
  a !== b && Temporal.Instant.compare(a, b) < 0;

export const isAfter = (a: Temporal.Instant, b: Temporal.Instant): boolean =>
  a !== b && Temporal.Instant.compare(a, b) > 0;
