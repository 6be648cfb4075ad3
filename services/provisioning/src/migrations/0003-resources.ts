import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE cloud_provisioned (
      resource_id uuid PRIMARY KEY,
      provider text NOT NULL,
      kind text NOT NULL,
      provider_id text NOT NULL,
      deployment_id uuid,
      tenant_id text,
      spec jsonb,
      spec_version integer NOT NULL,
      saga_id uuid,
      -- Counts everything said of it; the spec's version only its changes.
      revision integer NOT NULL,
      updated_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX cloud_provisioned_deployment ON cloud_provisioned (deployment_id)`.execute(db);
  // Every request of drift's is answered once, however often it is heard.
  await sql`
    CREATE TABLE drift_replies (
      drift_id uuid NOT NULL,
      request integer NOT NULL,
      saga_id uuid,
      outcome text,
      PRIMARY KEY (drift_id, request)
    )`.execute(db);
  // What inventory last said of each resource: which droplets are a deployment's.
  await sql`
    CREATE TABLE known_resources (
      resource_id uuid PRIMARY KEY,
      provider text NOT NULL,
      kind text NOT NULL,
      provider_id text NOT NULL,
      name text NOT NULL,
      status text,
      is_present boolean NOT NULL,
      deployment_id uuid,
      tenant_id text,
      effective_at timestamptz NOT NULL,
      revision integer NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX known_resources_deployment ON known_resources (deployment_id) WHERE is_present`.execute(db);
}
