import { type Kysely, sql } from 'kysely';

/**
 * The audit log: one row for each audited command, chained. `entry` keeps the exact text that the hash covers; the other columns repeat
 * parts of it for filters, and are compared with it when the chain is verified. The newest entry also stands in `audit_head`, so
 * that entries missing at the end show too.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE audit_entries (
      position bigint PRIMARY KEY,
      event_id uuid NOT NULL UNIQUE,
      at timestamptz NOT NULL,
      tenant_id text,
      subject text NOT NULL,
      request text NOT NULL,
      object_id text,
      outcome text NOT NULL,
      entry json NOT NULL,
      previous_hash text NOT NULL,
      hash text NOT NULL
    )`,
    `CREATE INDEX audit_entries_tenant ON audit_entries (tenant_id, position DESC)`,
    `CREATE INDEX audit_entries_subject ON audit_entries (subject, position DESC)`,
    `CREATE INDEX audit_entries_request ON audit_entries (request, position DESC)`,
    `CREATE INDEX audit_entries_object ON audit_entries (object_id, position DESC)`,
    `CREATE INDEX audit_entries_at ON audit_entries (at)`,
    `CREATE TRIGGER audit_entries_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
    `CREATE TABLE audit_head (
      id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
      position bigint NOT NULL,
      hash text NOT NULL
    )`,
    `INSERT INTO audit_head (position, hash) VALUES (0, '')`,
    `COMMENT ON TABLE audit_entries IS 'Audit log of all services: every command with actor, object, before and after, each row chained to the one before it'`,
    `COMMENT ON TABLE audit_head IS 'Position and hash of the newest entry of the audit log'`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
