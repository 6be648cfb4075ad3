import type { Span } from './line-times.ts';

/** The party that bears a cost. */
export type Target = {
  target: 'deployment' | 'tenant' | 'operator' | 'unallocated';
  tenant_id: string | null;
  deployment_id: string | null;
};

export const unallocated: Target = { target: 'unallocated', tenant_id: null, deployment_id: null };
export const operator: Target = { target: 'operator', tenant_id: null, deployment_id: null };

/** One state of a resource, in force from `effective_at` until the next one. */
export type ResourceState = {
  effective_at: Temporal.Instant;
  revision: number;
  is_present: boolean;
  name: string;
  owner: Target;
};

/** A resource as observed, with its states in the order in which they took effect. */
export type KnownResource = {
  resource_id: string;
  kind: string;
  provider_id: string;
  /** Null: the provider gives no creation time. */
  created_at: Temporal.Instant | null;
  /** The resource with which it is invoiced: the droplet of a backup, the cluster of a Kubernetes worker; else null. */
  source_id: string | null;
  states: readonly ResourceState[];
};

/** A stretch of a line's span under one owner. */
export type OwnedStretch = { owner: Target; span: Span; milliseconds: number; name: string };

const later = (a: Temporal.Instant, b: Temporal.Instant) => (Temporal.Instant.compare(a, b) >= 0 ? a : b);
const earlier = (a: Temporal.Instant, b: Temporal.Instant) => (Temporal.Instant.compare(a, b) <= 0 ? a : b);

/**
 * The parts of a span during which a resource existed, each with its owner and name at that time. A resource that was present
 * in its first known state is assumed to have existed before, from its creation time or, without one, always; its owner
 * before that state is unknown and treated as none.
 */
export function stretchesWithin(resource: KnownResource, span: Span): OwnedStretch[] {
  const stretches: OwnedStretch[] = [];
  const push = (from: Temporal.Instant, to: Temporal.Instant, owner: Target, name: string) => {
    const start = later(from, span.start);
    const end = earlier(to, span.end);
    const milliseconds = end.epochMilliseconds - start.epochMilliseconds;
    if (milliseconds > 0) stretches.push({ owner, span: { start, end }, milliseconds, name });
  };
  const [first] = resource.states;
  if (first?.is_present === true) {
    const createdAt = resource.created_at ?? span.start;
    push(createdAt, first.effective_at, unallocated, first.name);
  }
  for (const [index, state] of resource.states.entries()) {
    if (!state.is_present) continue;
    push(state.effective_at, resource.states[index + 1]?.effective_at ?? span.end, state.owner, state.name);
  }
  return stretches;
}

/** Whether a resource existed at any time of a span. */
export const existedWithin = (resource: KnownResource, span: Span): boolean =>
  stretchesWithin(resource, span).length > 0;

export const sameTarget = (a: Target, b: Target): boolean =>
  a.target === b.target && a.tenant_id === b.tenant_id && a.deployment_id === b.deployment_id;
