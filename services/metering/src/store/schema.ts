import type { Generated } from 'kysely';

/** Tables as kysely sees them: numeric and bigint are text, instants are RFC 3339 text. */
export type Tables = {
  observations: {
    resource_id: string;
    revision: number;
    seq: Generated<string>;
    kind: string;
    billing_kinds: string[];
    effective_at: string;
    observed_at: string;
    is_present: boolean;
    units: (string | null)[];
    dimensions: string[];
    tenant_id: string | null;
    deployment_id: string | null;
    name: string;
    status: string | null;
    attrs: string;
    event_id: string;
    stream: string;
    stream_seq: string;
  };
  states: {
    resource_id: string;
    starts_at: string;
    ends_at: string;
    billing_kind: string;
    dimension: string;
    units: string | null;
    tenant_id: string | null;
    deployment_id: string | null;
    revision: number;
  };
  sweeps: { provider: string; kind: string; started_at: string; completed_at: string; stream_seq: string };
  deployments: { deployment_id: string; tenant_id: string; revision: number; state: string; created_at: string };
  subscriptions: {
    subscription_id: string;
    revision: number;
    tenant_id: string;
    deployment_id: string;
    status: string;
    effective_at: string;
    starts_at: string;
    ends_at: string | null;
    items: string;
    addons: string;
  };
  metered_days: { day: string; starts_at: string; metered_until: string; accrued_until: string | null };
  pending_days: { day: string; deployment_id: string };
  metering_config: {
    kind: string;
    revision: number;
    effective_from: string;
    unit: string;
    per: 'hour' | 'month' | null;
    dimension: string | null;
    resource_kind: string | null;
    granularity: 'daily' | 'hourly';
    retention_days: number;
    is_enabled: boolean;
    changed_by: string;
    changed_at: string | null;
  };
  periods: {
    period: string;
    status: 'open' | 'closing' | 'closed';
    close_revision: number;
    missing: string[];
    dropped_at: Generated<string | null>;
  };
  period_closes: {
    period: string;
    revision: number;
    closed_at: string;
    closed_by: string;
    closed_over: string[];
    is_forced: boolean;
    facts: number;
    hash: string;
  };
  invoiced: { period: string; tenant_id: string; close_revision: number };
};
