import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE scheduled_exports (
      export_id uuid PRIMARY KEY,
      tenant_id text,
      description text NOT NULL,
      dataset text NOT NULL CHECK (dataset IN ('charges', 'costs')),
      format text NOT NULL CHECK (format IN ('csv', 'parquet')),
      endpoint_url text NOT NULL,
      region text NOT NULL,
      bucket text NOT NULL,
      prefix text NOT NULL,
      access_key text NOT NULL,
      sealed text NOT NULL,
      schedule text,
      is_after_close boolean NOT NULL,
      is_paused boolean NOT NULL,
      created_at timestamptz NOT NULL,
      created_by text NOT NULL,
      CHECK (dataset = 'charges' OR tenant_id IS NULL)
    )`,
    'CREATE INDEX scheduled_exports_newest ON scheduled_exports (created_at DESC, export_id DESC)',
    'CREATE INDEX scheduled_exports_tenant ON scheduled_exports (tenant_id)',
    `CREATE TABLE export_ticks (
      export_id uuid PRIMARY KEY,
      next_at timestamptz NOT NULL
    )`,
    `CREATE TABLE export_runs (
      run_id uuid PRIMARY KEY,
      export_id uuid NOT NULL,
      period text NOT NULL,
      cause text NOT NULL CHECK (cause IN ('schedule', 'close', 'person')),
      created_at timestamptz NOT NULL,
      object_key text NOT NULL,
      state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'skipped')),
      bytes bigint,
      upload_id text,
      attempts integer NOT NULL,
      tries integer NOT NULL,
      due_at timestamptz,
      lease uuid,
      CHECK ((state = 'pending') = (due_at IS NOT NULL)),
      CHECK ((state = 'delivered') = (bytes IS NOT NULL)),
      CHECK (lease IS NULL OR state = 'pending')
    )`,
    // One run of a month waits; another one may be in progress, which has read rows already.
    "CREATE UNIQUE INDEX export_runs_waiting ON export_runs (export_id, period) WHERE state = 'pending' AND lease IS NULL",
    "CREATE INDEX export_runs_due ON export_runs (due_at) WHERE state = 'pending'",
    'CREATE INDEX export_runs_newest ON export_runs (export_id, created_at DESC, run_id DESC)',
    'CREATE INDEX export_runs_old ON export_runs (created_at)',
    `CREATE TABLE export_attempts (
      run_id uuid NOT NULL,
      number integer NOT NULL,
      attempted_at timestamptz NOT NULL,
      duration_ms integer NOT NULL,
      status integer,
      error text,
      PRIMARY KEY (run_id, number)
    )`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
  const comments = {
    scheduled_exports:
      'FOCUS datasets that are put into S3-compatible buckets, of tenants and, without a tenant, of the operator; sealed is the secret key, encrypted with NOTIFICATIONS_KEY',
    export_ticks: 'When the schedule of each export is due next',
    export_runs:
      'A month of an export on its way to the bucket. A claimed row has a lease, and due_at is then the end of the lease; upload_id is a multipart upload that was begun and may be unfinished',
    export_attempts: 'The log of all attempts to put an export into its bucket',
  };
  for (const [table, comment] of Object.entries(comments))
    await sql`COMMENT ON TABLE ${sql.id(table)} IS ${sql.lit(comment)}`.execute(db);
}
