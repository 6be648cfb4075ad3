import { type Kysely, sql } from 'kysely';

/** What a replay works with lies in tables of its own, which are gone when it ends; these keep what it found. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE replays (
      replay_id uuid PRIMARY KEY,
      period text NOT NULL,
      status text NOT NULL CHECK (status IN ('running', 'agrees', 'differs', 'applied', 'failed')),
      is_applying boolean NOT NULL,
      observations integer NOT NULL DEFAULT 0,
      reports integer NOT NULL DEFAULT 0,
      unreadable integer NOT NULL DEFAULT 0,
      lines integer NOT NULL DEFAULT 0,
      asked_by text NOT NULL,
      started_at timestamptz NOT NULL,
      completed_at timestamptz,
      detail text
    )`,
    `CREATE INDEX replays_period ON replays (period, started_at DESC, replay_id DESC)`,
    `CREATE TABLE replay_differences (
      replay_id uuid NOT NULL REFERENCES replays,
      number bigint GENERATED ALWAYS AS IDENTITY,
      tenant_id text NOT NULL,
      deployment_id uuid NOT NULL,
      resource_id uuid,
      kind text NOT NULL,
      granularity text NOT NULL,
      period_start timestamptz NOT NULL,
      divisor integer NOT NULL,
      unit_seconds numeric,
      replayed_unit_seconds numeric,
      is_pending boolean NOT NULL,
      PRIMARY KEY (replay_id, number)
    )`,
    `CREATE INDEX replay_differences_tenant ON replay_differences (replay_id, tenant_id, number)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
