import type { Generated, JSONColumnType } from 'kysely';

type Instant = string;

export type CloudProjects = {
  project_id: string;
  provider: string;
  provider_id: string;
  name: string;
  description: string;
  environment: string | null;
  is_default: boolean;
  tenant_id: string | null;
  purpose: string;
  first_seen_at: Instant;
  last_seen_at: Instant;
  last_sweep: string;
  stale_strike_count: number;
  gone_at: Instant | null;
};

export type ProjectMembers = {
  provider: string;
  kind: string;
  provider_id: string;
  project_id: string;
  first_seen_at: Instant;
  last_sweep: string;
  gone_at: Instant | null;
};

export type Deployments = {
  deployment_id: string;
  tenant_id: string;
  slug: string;
  state: string;
  created_at: Instant;
  revision: number;
};

export type CloudResources = {
  resource_id: string;
  provider: string;
  kind: string;
  provider_id: string;
  name: string;
  status: string | null;
  region: string | null;
  created_at: Instant | null;
  attrs: JSONColumnType<Record<string, unknown>>;
  source_resource_id: string | null;
  state_hash: string;
  first_seen_at: Instant;
  last_seen_at: Instant;
  observed_at: Instant;
  last_sweep: string;
  stale_strike_count: number;
  first_missed_at: Instant | null;
  parked_missing_since: Instant | null;
  deleted_at: Instant | null;
  project_id: string | null;
  tenant_id: string | null;
  deployment_id: string | null;
  attributed_by: string | null;
  /** The owner by the rules where an attribution by hand differs from it; null: as attributed. */
  auto_owner: JSONColumnType<Record<string, unknown>> | null;
  owner_from: Instant | null;
  effective_at: Instant;
  revision: number;
  entries: number;
  snapshot_of: string | null;
};

export type CloudResourceEvents = {
  resource_id: string;
  entry: number;
  type: string;
  revision: number | null;
  effective_at: Instant;
  observed_at: Instant;
  recorded_at: Generated<Instant>;
  state: JSONColumnType<Record<string, unknown>> | null;
  owner: JSONColumnType<Record<string, unknown>> | null;
  auto_owner: JSONColumnType<Record<string, unknown>> | null;
  details: JSONColumnType<Record<string, unknown>> | null;
  actor: string | null;
};

export type HandAttributions = {
  resource_id: string;
  effective_at: Instant;
  is_automatic: boolean;
  tenant_id: string | null;
  deployment_id: string | null;
  actor: string;
  reason: string | null;
  decided_at: Instant;
};

export type Sweeps = {
  sweep: Generated<string>;
  sweep_id: string;
  sync_id: string | null;
  provider: string;
  kind: string;
  job: string;
  status: string;
  started_at: Instant;
  completed_at: Instant | null;
  count: number | null;
  total: number | null;
  discovered: Generated<number>;
  changed: Generated<number>;
  missing: Generated<number>;
  deleted: Generated<number>;
  detail: string | null;
};

export type SyncRequests = { sync_id: string; requested_at: Instant; requested_by: string; jobs: string[] };

export type SizePrices = {
  provider: string;
  size_slug: string;
  effective_at: Instant;
  price_monthly: string;
  price_hourly: string;
};

export type ProviderActions = {
  action_id: string;
  kind: string;
  provider_id: string;
  type: string;
  region: string | null;
  started_at: Instant;
  completed_at: Instant | null;
  is_applied: Generated<boolean>;
};

export type TokenBudgets = {
  token_hash: string;
  minute_full_at: Instant;
  hour_full_at: Instant;
  blocked_until: Instant | null;
  hour_limit: number | null;
  hour_remaining: number | null;
  counted_at: Instant | null;
};

export type ListedPages = {
  reader: string;
  kind: string;
  place: string;
  fingerprint: string;
  next: string | null;
  total: number | null;
  identities: string[];
  resource_ids: string[];
  state_hashes: string[];
  handled_at: Instant;
};

export type Tables = {
  tenants: { tenant_id: string; is_published: Generated<boolean> };
  cloud_projects: CloudProjects;
  project_members: ProjectMembers;
  deployments: Deployments;
  project_bindings: { provider: string; provider_project_id: string; deployment_id: string };
  tag_bindings: { tag: string; deployment_id: string };
  cloud_resources: CloudResources;
  cloud_resource_events: CloudResourceEvents;
  hand_attributions: HandAttributions;
  sweeps: Sweeps;
  sync_requests: SyncRequests;
  provider_actions: ProviderActions;
  size_prices: SizePrices;
  token_budgets: TokenBudgets;
  listed_pages: ListedPages;
};
