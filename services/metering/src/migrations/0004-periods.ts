import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE periods (
      period text PRIMARY KEY,
      status text NOT NULL CHECK (status IN ('open', 'closing', 'closed')),
      close_revision integer NOT NULL DEFAULT 0,
      missing text[] NOT NULL DEFAULT '{}'
    )`,
    `CREATE TABLE period_closes (
      period text NOT NULL,
      revision integer NOT NULL,
      closed_at timestamptz NOT NULL,
      closed_by text NOT NULL,
      closed_over text[] NOT NULL,
      is_forced boolean NOT NULL,
      facts integer NOT NULL,
      hash text NOT NULL,
      PRIMARY KEY (period, revision)
    )`,
    `CREATE TABLE invoiced (
      period text NOT NULL,
      tenant_id text NOT NULL,
      close_revision integer NOT NULL,
      PRIMARY KEY (period, tenant_id)
    )`,
    // Closing looks for parked messages in the platform's log, which is mostly something else.
    `CREATE INDEX events_parked ON events (subject) WHERE type = 'message.parked'`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
