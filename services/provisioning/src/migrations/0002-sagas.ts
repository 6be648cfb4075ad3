import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE saga_runs (
      saga_id uuid PRIMARY KEY,
      kind text NOT NULL,
      status text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'compensating', 'rolled_back')),
      step_names text[] NOT NULL,
      current_index integer NOT NULL,
      inputs jsonb NOT NULL,
      context jsonb NOT NULL,
      error jsonb,
      deployment_id uuid,
      tenant_id text,
      resource_id uuid,
      drift_id uuid,
      drift_request integer,
      -- What it works on: only one unfinished saga may.
      works_on text,
      is_cancel_requested boolean NOT NULL DEFAULT false,
      cancelled_by text,
      -- Counts every step's turn, so that each has a job of its own.
      turn integer NOT NULL DEFAULT 0,
      attempt integer NOT NULL DEFAULT 1,
      -- On the wall clock: who works on it, until when, and when the present step must be through.
      lease_token uuid,
      lease_until timestamptz,
      step_deadline timestamptz,
      next_turn_at timestamptz,
      revision integer NOT NULL,
      started_by text NOT NULL,
      created_at timestamptz NOT NULL,
      changed_at timestamptz NOT NULL,
      finished_at timestamptz,
      recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`.execute(db);
  await sql`
    CREATE UNIQUE INDEX saga_runs_works_on ON saga_runs (works_on)
    WHERE status IN ('pending', 'running', 'compensating')`.execute(db);
  await sql`
    CREATE INDEX saga_runs_unfinished ON saga_runs (next_turn_at)
    WHERE status IN ('pending', 'running', 'compensating')`.execute(db);
  await sql`CREATE INDEX saga_runs_newest ON saga_runs (created_at DESC, saga_id DESC)`.execute(db);
  await sql`CREATE INDEX saga_runs_deployment ON saga_runs (deployment_id, created_at DESC)`.execute(db);
  await sql`
    CREATE TABLE saga_step_results (
      saga_id uuid NOT NULL REFERENCES saga_runs,
      index integer NOT NULL,
      name text NOT NULL,
      status text NOT NULL CHECK (status IN ('running', 'completed', 'failed', 'compensated')),
      output jsonb,
      error text,
      compensation_error text,
      attempts integer NOT NULL,
      started_at timestamptz NOT NULL,
      finished_at timestamptz,
      PRIMARY KEY (saga_id, index)
    )`.execute(db);
  await sql`
    CREATE TABLE saga_step_attempts (
      saga_id uuid NOT NULL,
      index integer NOT NULL,
      direction text NOT NULL CHECK (direction IN ('forward', 'backward')),
      attempt integer NOT NULL,
      outcome text NOT NULL CHECK (outcome IN ('running', 'completed', 'failed', 'abandoned')),
      error text,
      replica text NOT NULL,
      started_at timestamptz NOT NULL,
      finished_at timestamptz,
      PRIMARY KEY (saga_id, index, direction, attempt),
      FOREIGN KEY (saga_id, index) REFERENCES saga_step_results
    )`.execute(db);
}
