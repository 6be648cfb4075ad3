import type { Json } from '@arcadia/contracts';

export type Spec = Record<string, Json>;

/** What a resource ought to be, and how often that was changed. */
export type Desired = { spec: Spec | null; specVersion: number };

/**
 * An operator has accepted how a resource is. Of a field: the live value takes its place in the spec. Of a resource that is
 * gone: it is no longer wanted. Of one nobody asked for: it is wanted as it is.
 * @returns null when the spec has moved on since the operator looked
 */
export function afterAccept(
  desired: Desired | null,
  drift: { kind: 'field' | 'missing' | 'unmanaged'; field: string; actual: Json; spec_version: number | null },
): Desired | null {
  if ((desired?.specVersion ?? null) !== drift.spec_version) return null;
  const specVersion = (desired?.specVersion ?? 0) + 1;
  if (drift.kind === 'missing') return { spec: null, specVersion };
  if (drift.kind === 'unmanaged') return { spec: recordOf(drift.actual), specVersion };
  if (desired === null || desired.spec === null) return null;
  return { spec: { ...desired.spec, [drift.field]: drift.actual }, specVersion };
}

function recordOf(value: Json): Spec {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
