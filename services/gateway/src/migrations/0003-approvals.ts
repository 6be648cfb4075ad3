import { type Kysely, sql } from 'kysely';

/** Commands that wait for a second person. Whether one has expired follows from `expires_at`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE approvals (
      approval_id uuid PRIMARY KEY,
      status text NOT NULL CHECK (status IN ('waiting', 'approved', 'denied')),
      request text NOT NULL,
      input json NOT NULL,
      actor json NOT NULL,
      if_match text,
      requested_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      decided_by text,
      decided_at timestamptz,
      reason text,
      outcome text,
      answer json
    )`,
    `CREATE INDEX approvals_newest ON approvals (requested_at DESC, approval_id DESC)`,
    `COMMENT ON TABLE approvals IS 'Commands that destroy or pay, each until a second person approves or denies it, and what became of it'`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
