import type { Json } from '@arcadia/contracts';

export type Spec = Record<string, Json>;

/** The desired state of a resource, and its version, which counts its changes. */
export type Desired = { spec: Spec | null; specVersion: number };

/**
 * The desired state after an operator accepted a drift. A differing field takes the live value. A missing resource is no longer
 * desired. An unmanaged resource is desired as it is.
 * @returns null when the desired state has changed since the operator saw the drift
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
  const isRecord = (json: Json): json is Spec => typeof json === 'object' && json !== null && !Array.isArray(json);
  return isRecord(value) ? value : {};
}
