import { contentHash, type Json, resourceId } from '@arcadia/contracts';

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

/** Equal hash: nothing about it has changed that counts as a change. */
export const hashOf = (listed: Listed): string => contentHash(stateOf(listed));

/** Postgres keeps microseconds; an instant is cut to them before it is compared, stored or said, so that all three agree. */
export const toMicroseconds = (instant: Temporal.Instant): Temporal.Instant =>
  instant.round({ smallestUnit: 'microsecond', roundingMode: 'floor' });

export const earlier = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant =>
  Temporal.Instant.compare(a, b) <= 0 ? a : b;

export const later = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant =>
  Temporal.Instant.compare(a, b) >= 0 ? a : b;

export const isBefore = (a: Temporal.Instant, b: Temporal.Instant): boolean => Temporal.Instant.compare(a, b) < 0;
