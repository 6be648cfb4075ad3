import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE cloud_drift (
      drift_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      resource_id uuid NOT NULL,
      deployment_id uuid,
      tenant_id text,
      kind text NOT NULL CHECK (kind IN ('field', 'missing', 'unmanaged')),
      field text NOT NULL,
      expected jsonb NOT NULL,
      actual jsonb NOT NULL,
      spec_version integer,
      status text NOT NULL CHECK (status IN ('open', 'accepted', 'reverted', 'stale')),
      -- Counts everything said of the row; 'request' what was asked about it.
      revision integer NOT NULL,
      request integer NOT NULL DEFAULT 0,
      requested_action text CHECK (requested_action IN ('accept', 'revert')),
      requested_by text,
      requested_at timestamptz,
      saga_id uuid,
      refusal text,
      detected_at timestamptz NOT NULL,
      closed_at timestamptz,
      closed_by text,
      -- Which comparison wrote it last: what that one has to say.
      touched_by uuid NOT NULL
    )`.execute(db);
  await sql`CREATE UNIQUE INDEX cloud_drift_open ON cloud_drift (resource_id, field) WHERE status = 'open'`.execute(db);
  await sql`CREATE INDEX cloud_drift_newest ON cloud_drift (detected_at DESC, drift_id DESC)`.execute(db);
  await sql`CREATE INDEX cloud_drift_resource ON cloud_drift (resource_id, detected_at DESC)`.execute(db);
  await sql`CREATE INDEX cloud_drift_touched ON cloud_drift (touched_by)`.execute(db);
  await sql`
    CREATE TABLE ignored_fields (
      rule_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      provider text NOT NULL,
      resource_kind text NOT NULL,
      -- Null: of every resource of the kind.
      resource_id uuid,
      field text NOT NULL,
      reason text NOT NULL,
      ignored_by text NOT NULL,
      ignored_at timestamptz NOT NULL,
      UNIQUE NULLS NOT DISTINCT (provider, resource_kind, resource_id, field)
    )`.execute(db);
  await sql`
    CREATE FUNCTION instant_text(value timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
      SELECT to_char(value AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    $$`.execute(db);
}
