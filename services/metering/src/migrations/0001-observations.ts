import { type Kysely, sql } from 'kysely';

/**
 * `observations` is the set of what was heard and only grows. `states` is derived from it, resource by resource, and could
 * be rebuilt at any time: each row holds from `starts_at` until `ends_at` (infinity: still). `derivation.through_seq` tells
 * how far the derivation has come.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE observations (
      resource_id uuid NOT NULL,
      revision integer NOT NULL,
      seq bigint GENERATED ALWAYS AS IDENTITY,
      kind text NOT NULL,
      billing_kind text NOT NULL,
      effective_at timestamptz NOT NULL,
      observed_at timestamptz NOT NULL,
      is_present boolean NOT NULL,
      units numeric NOT NULL,
      tenant_id text,
      deployment_id uuid,
      name text NOT NULL,
      status text,
      attrs json NOT NULL,
      event_id uuid NOT NULL,
      stream text NOT NULL,
      stream_seq bigint NOT NULL,
      PRIMARY KEY (resource_id, revision),
      CHECK ((tenant_id IS NULL) = (deployment_id IS NULL))
    )`,
    `CREATE INDEX observations_seq ON observations (seq)`,
    `CREATE TABLE states (
      resource_id uuid NOT NULL,
      starts_at timestamptz NOT NULL,
      ends_at timestamptz NOT NULL,
      billing_kind text NOT NULL,
      units numeric NOT NULL,
      tenant_id text,
      deployment_id uuid,
      revision integer NOT NULL,
      PRIMARY KEY (resource_id, starts_at),
      CHECK (starts_at < ends_at)
    )`,
    `CREATE INDEX states_ends_at ON states (ends_at) WHERE units > 0 AND deployment_id IS NOT NULL`,
    `CREATE INDEX states_deployment ON states (deployment_id, ends_at) WHERE units > 0 AND deployment_id IS NOT NULL`,
    `CREATE INDEX states_tenant ON states (tenant_id, ends_at) WHERE units > 0 AND deployment_id IS NOT NULL`,
    `CREATE TABLE derivation (
      id boolean PRIMARY KEY DEFAULT true CHECK (id),
      through_seq bigint NOT NULL
    )`,
    `INSERT INTO derivation (through_seq) VALUES (0)`,
    `CREATE TABLE sweeps (
      provider text NOT NULL,
      kind text NOT NULL,
      started_at timestamptz NOT NULL,
      completed_at timestamptz NOT NULL,
      stream_seq bigint NOT NULL,
      PRIMARY KEY (provider, kind)
    )`,
    `CREATE TABLE deployments (
      deployment_id uuid PRIMARY KEY,
      tenant_id text NOT NULL,
      revision integer NOT NULL,
      state text NOT NULL,
      created_at timestamptz NOT NULL
    )`,
    `CREATE INDEX deployments_tenant ON deployments (tenant_id)`,
    `CREATE TABLE subscriptions (
      subscription_id uuid NOT NULL,
      revision integer NOT NULL,
      tenant_id text NOT NULL,
      deployment_id uuid NOT NULL,
      status text NOT NULL,
      effective_at timestamptz NOT NULL,
      starts_at timestamptz NOT NULL,
      ends_at timestamptz,
      items json NOT NULL,
      addons json NOT NULL,
      PRIMARY KEY (subscription_id, revision)
    )`,
    `CREATE INDEX subscriptions_deployment ON subscriptions (deployment_id, effective_at)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
