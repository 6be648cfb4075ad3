import { type Kysely, sql } from 'kysely';

const statements = [
  `CREATE TABLE cloud_projects (
    project_id uuid PRIMARY KEY,
    provider text NOT NULL,
    provider_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    environment text,
    is_default boolean NOT NULL DEFAULT false,
    tenant_id text,
    purpose text NOT NULL DEFAULT 'unclassified',
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    last_sweep bigint NOT NULL,
    stale_strike_count integer NOT NULL DEFAULT 0,
    gone_at timestamptz,
    UNIQUE (provider, provider_id)
  )`,
  // One project at most is the operator's own.
  `CREATE UNIQUE INDEX cloud_projects_internal ON cloud_projects (provider) WHERE purpose = 'internal' AND gone_at IS NULL`,

  // Which project lists what, also of kinds and things that no listing has shown yet. What a project no longer lists is kept
  // as gone: while nothing shows the thing itself again it is probably being destroyed, and stays whose it was.
  `CREATE TABLE project_members (
    provider text NOT NULL,
    kind text NOT NULL,
    provider_id text NOT NULL,
    project_id uuid NOT NULL REFERENCES cloud_projects,
    first_seen_at timestamptz NOT NULL,
    last_sweep bigint NOT NULL,
    gone_at timestamptz,
    PRIMARY KEY (provider, kind, provider_id)
  )`,
  `CREATE INDEX project_members_project ON project_members (project_id)`,

  `CREATE TABLE deployments (
    deployment_id uuid PRIMARY KEY,
    tenant_id text NOT NULL,
    slug text NOT NULL,
    state text NOT NULL,
    created_at timestamptz NOT NULL,
    revision integer NOT NULL
  )`,
  `CREATE TABLE project_bindings (
    provider text NOT NULL,
    provider_project_id text NOT NULL,
    deployment_id uuid NOT NULL REFERENCES deployments,
    PRIMARY KEY (provider, provider_project_id, deployment_id)
  )`,
  `CREATE TABLE tag_bindings (
    tag text NOT NULL,
    deployment_id uuid NOT NULL REFERENCES deployments,
    PRIMARY KEY (tag, deployment_id)
  )`,

  // last_seen_at and last_sweep move with every listing. They stand in no index and there is room for a second version of every
  // row beside the first, so that a sweep of unchanged things touches no index at all.
  `CREATE TABLE cloud_resources (
    resource_id uuid PRIMARY KEY,
    provider text NOT NULL,
    kind text NOT NULL,
    provider_id text NOT NULL,
    name text NOT NULL,
    status text,
    region text,
    created_at timestamptz,
    attrs jsonb NOT NULL,
    source_resource_id uuid,
    state_hash text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    observed_at timestamptz NOT NULL,
    last_sweep bigint NOT NULL,
    stale_strike_count integer NOT NULL DEFAULT 0,
    first_missed_at timestamptz,
    deleted_at timestamptz,
    project_id uuid,
    tenant_id text,
    deployment_id uuid,
    attributed_by text,
    auto_owner jsonb,
    owner_from timestamptz,
    effective_at timestamptz NOT NULL,
    revision integer NOT NULL,
    entries integer NOT NULL,
    snapshot_of text
  ) WITH (fillfactor = 50)`,
  `CREATE INDEX cloud_resources_kind ON cloud_resources (kind, name, resource_id)`,
  `CREATE INDEX cloud_resources_source ON cloud_resources (source_resource_id) WHERE source_resource_id IS NOT NULL`,
  `CREATE INDEX cloud_resources_deployment ON cloud_resources (deployment_id) WHERE deployment_id IS NOT NULL`,
  `CREATE INDEX cloud_resources_tenant ON cloud_resources (tenant_id, kind, name) WHERE tenant_id IS NOT NULL`,

  // Append-only. A row with a revision is one message of resource.observed; of two with one effective_at the later counts.
  `CREATE TABLE cloud_resource_events (
    resource_id uuid NOT NULL,
    entry integer NOT NULL,
    type text NOT NULL,
    revision integer,
    effective_at timestamptz NOT NULL,
    observed_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state json,
    owner json,
    auto_owner json,
    details json,
    actor text,
    PRIMARY KEY (resource_id, entry)
  )`,

  `CREATE TABLE hand_attributions (
    resource_id uuid NOT NULL REFERENCES cloud_resources,
    effective_at timestamptz NOT NULL,
    is_automatic boolean NOT NULL,
    tenant_id text,
    deployment_id uuid,
    actor text NOT NULL,
    reason text,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (resource_id, effective_at)
  )`,

  // Every listing of a kind, its outcome, and what an operator still has to say to it.
  `CREATE TABLE sweeps (
    sweep bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sweep_id uuid NOT NULL UNIQUE,
    sync_id uuid,
    provider text NOT NULL,
    kind text NOT NULL,
    job text NOT NULL,
    status text NOT NULL,
    started_at timestamptz NOT NULL,
    completed_at timestamptz,
    count integer,
    total integer,
    discovered integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    missing integer NOT NULL DEFAULT 0,
    deleted integer NOT NULL DEFAULT 0,
    detail text
  )`,
  `CREATE INDEX sweeps_kind ON sweeps (kind, sweep DESC)`,
  `CREATE INDEX sweeps_sync ON sweeps (sync_id) WHERE sync_id IS NOT NULL`,
  `CREATE TABLE sync_requests (
    sync_id uuid PRIMARY KEY,
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL,
    jobs text[] NOT NULL
  )`,

  // The provider's action log as far as it tells when something happened; is_applied: the history holds it.
  `CREATE TABLE provider_actions (
    action_id bigint PRIMARY KEY,
    kind text NOT NULL,
    provider_id text NOT NULL,
    type text NOT NULL,
    region text,
    started_at timestamptz NOT NULL,
    completed_at timestamptz,
    is_applied boolean NOT NULL DEFAULT false
  )`,
  `CREATE INDEX provider_actions_open ON provider_actions (provider_id) WHERE NOT is_applied`,

  `CREATE TABLE size_prices (
    provider text NOT NULL,
    size_slug text NOT NULL,
    effective_at timestamptz NOT NULL,
    price_monthly numeric NOT NULL,
    price_hourly numeric NOT NULL,
    PRIMARY KEY (provider, size_slug, effective_at)
  )`,

  // When a token's allowances will be whole again, shared by all replicas. Not worth a write to the log: after a crash the
  // table is empty and the provider's own headers tell. The token itself is not kept.
  `CREATE UNLOGGED TABLE token_budgets (
    token_hash text PRIMARY KEY,
    minute_full_at timestamptz NOT NULL,
    hour_full_at timestamptz NOT NULL,
    blocked_until timestamptz
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
