import { type Kysely, sql } from 'kysely';

/** What provisioning wants, what inventory sees, and what the provider asks for it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE desired (
      resource_id uuid PRIMARY KEY,
      provider text NOT NULL,
      kind text NOT NULL,
      provider_id text NOT NULL,
      deployment_id uuid,
      tenant_id text,
      spec jsonb,
      spec_version integer NOT NULL,
      -- When a saga last brought the resource into this state: only what was seen after that can be drift.
      restored_at timestamptz,
      revision integer NOT NULL
    )`.execute(db);
  await sql`
    CREATE TABLE live (
      resource_id uuid PRIMARY KEY,
      provider text NOT NULL,
      kind text NOT NULL,
      provider_id text NOT NULL,
      name text NOT NULL,
      status text,
      region text,
      attrs jsonb NOT NULL,
      is_present boolean NOT NULL,
      tenant_id text,
      deployment_id uuid,
      project_id uuid,
      effective_at timestamptz NOT NULL,
      observed_at timestamptz NOT NULL,
      revision integer NOT NULL
    )`.execute(db);
  await sql`
    CREATE INDEX live_of_nobody ON live (kind)
    WHERE is_present AND tenant_id IS NULL AND deployment_id IS NULL AND project_id IS NULL`.execute(db);
  await sql`
    CREATE TABLE sweeps (
      provider text NOT NULL,
      kind text NOT NULL,
      started_at timestamptz NOT NULL,
      PRIMARY KEY (provider, kind)
    )`.execute(db);
  await sql`
    CREATE TABLE prices (
      provider text NOT NULL,
      size_slug text NOT NULL,
      price_monthly numeric NOT NULL,
      currency text NOT NULL,
      effective_at timestamptz NOT NULL,
      PRIMARY KEY (provider, size_slug)
    )`.execute(db);
}
