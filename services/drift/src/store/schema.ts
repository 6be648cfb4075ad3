import type { Json } from '@arcadia/contracts';

/** A row of `cloud_drift`: one drifted field. Instants are RFC 3339 text ending in Z. */
export type DriftRow = {
  drift_id: string;
  resource_id: string;
  deployment_id: string | null;
  tenant_id: string | null;
  kind: 'field' | 'missing' | 'unmanaged';
  field: string;
  expected: Json;
  actual: Json;
  spec_version: number | null;
  status: 'open' | 'accepted' | 'reverted' | 'stale';
  revision: number;
  request: number;
  requested_action: 'accept' | 'revert' | null;
  requested_by: string | null;
  requested_at: string | null;
  saga_id: string | null;
  refusal: string | null;
  reason: string | null;
  detected_at: string;
  closed_at: string | null;
  closed_by: string | null;
  touched_by: string;
};

export type IgnoreRule = {
  rule_id: string;
  provider: string;
  resource_kind: string;
  resource_id: string | null;
  field: string;
  reason: string;
  ignored_by: string;
  ignored_at: string;
  ended_at: string | null;
  ended_by: string | null;
};

/** The tables that are queried by name; the projections are only ever joined in SQL. */
export type Tables = { cloud_drift: DriftRow; ignored_fields: IgnoreRule };
