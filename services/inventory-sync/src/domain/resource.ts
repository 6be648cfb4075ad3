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
  createdAt: Temporal.Instant | null;
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
  created_at: listed.createdAt?.toString() ?? null,
  attrs: listed.attrs,
});

/**
 * Equal hash: nothing about it has changed that counts as a change. Taken of every resource of every listing, so what is plain is
 * written plainly; the order of names is fixed, because Postgres gives them back in its own.
 */
export const hashOfState = (state: State): string => {
  const attrs = Object.keys(state.attrs)
    .toSorted()
    .map((name) => `${name}:${plainJson(state.attrs[name])}`);
  const plain = [state.is_present, state.name, state.status, state.region, state.created_at];
  return hash('sha256', `${JSON.stringify(plain)}\n${attrs.join('\n')}`, 'base64url').slice(0, 22);
};

export const hashOf = (listed: Listed): string => hashOfState(stateOf(listed));

const plainJson = (value: Json | undefined): string =>
  typeof value === 'object' && value !== null && !isPlainList(value)
    ? canonicalJson(value)
    : JSON.stringify(value ?? null);

const isPlainList = (value: object): boolean => Array.isArray(value) && value.every((item) => typeof item !== 'object');

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
