import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE deployments (
      deployment_id uuid PRIMARY KEY,
      tenant_id text NOT NULL,
      slug text NOT NULL,
      display_name text NOT NULL,
      state text NOT NULL,
      revision integer NOT NULL
    )`,
    `CREATE INDEX deployments_tenant ON deployments (tenant_id)`,
    `CREATE TABLE subscriptions (
      subscription_id uuid PRIMARY KEY,
      deployment_id uuid NOT NULL,
      tenant_id text NOT NULL,
      revision integer NOT NULL,
      currency text NOT NULL,
      starts_at timestamptz NOT NULL,
      ends_at timestamptz CHECK (ends_at >= starts_at),
      trial_ends_at timestamptz,
      quote_id uuid,
      created_at timestamptz NOT NULL
    )`,
    // One live subscription per deployment; that spans which end do not overlap is checked under the deployment's lock.
    `CREATE UNIQUE INDEX subscriptions_one_open ON subscriptions (deployment_id) WHERE ends_at IS NULL`,
    `CREATE INDEX subscriptions_tenant ON subscriptions (tenant_id, starts_at)`,
    `CREATE INDEX subscriptions_deployment ON subscriptions (deployment_id, starts_at)`,
    `CREATE TABLE subscription_plans (
      subscription_id uuid NOT NULL REFERENCES subscriptions,
      effective_at timestamptz NOT NULL,
      plan_code text NOT NULL,
      version integer NOT NULL,
      PRIMARY KEY (subscription_id, effective_at),
      FOREIGN KEY (plan_code, version) REFERENCES plan_versions
    )`,
    `CREATE TABLE subscription_pauses (
      subscription_id uuid NOT NULL REFERENCES subscriptions,
      paused_at timestamptz NOT NULL,
      resumed_at timestamptz CHECK (resumed_at >= paused_at),
      PRIMARY KEY (subscription_id, paused_at)
    )`,
    `CREATE TABLE subscription_addons (
      addon_id uuid PRIMARY KEY,
      subscription_id uuid NOT NULL REFERENCES subscriptions,
      addon_code text NOT NULL,
      resource_kind text NOT NULL,
      qty numeric NOT NULL,
      price_cents bigint NOT NULL,
      quantity integer NOT NULL CHECK (quantity > 0),
      starts_at timestamptz NOT NULL,
      ends_at timestamptz CHECK (ends_at >= starts_at)
    )`,
    `CREATE INDEX subscription_addons_subscription ON subscription_addons (subscription_id)`,
    `CREATE TABLE quotes (
      quote_id uuid PRIMARY KEY,
      tenant_id text,
      period text NOT NULL,
      plan_code text NOT NULL,
      version integer NOT NULL,
      usage jsonb NOT NULL,
      input jsonb NOT NULL,
      output jsonb NOT NULL,
      input_hash text NOT NULL,
      output_hash text NOT NULL,
      valid_until date NOT NULL,
      created_at timestamptz NOT NULL,
      created_by text NOT NULL
    )`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
