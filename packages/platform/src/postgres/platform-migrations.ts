import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The platform's tables in every service's schema, created before its own. New migrations are appended; existing ones never change. */
export const platformMigrations: Record<string, Migration> = {
  '0001-events-and-outbox': { up: eventsAndOutbox },
  '0002-hearing': { up: hearing },
  '0003-jobs': { up: jobs },
  '0004-commands': { up: commands },
  '0005-quick-event-ids': { up: quickEventIds },
  '0006-table-comments': { up: tableComments },
  '0007-append-only-audit': { up: appendOnlyAudit },
  '0008-losses-of-streams': { up: lossesOfStreams },
  '0009-transactions-of-events': { up: transactionsOfEvents },
  '0010-captures-due': { up: capturesDue },
};

async function run(db: Kysely<unknown>, statements: string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

/**
 * `events` is the log of all published messages, kept for republishing; `outbox` points at messages not published yet.
 * A pointer's number is taken when its row is inserted, at the end of the transaction, so after every row lock.
 */
async function eventsAndOutbox(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `CREATE SEQUENCE event_numbers`,
    `CREATE TABLE events (
      number bigint NOT NULL DEFAULT nextval('event_numbers'),
      recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      id uuid NOT NULL,
      stream text NOT NULL,
      type text NOT NULL,
      version integer NOT NULL,
      subject text NOT NULL,
      occurred_at timestamptz NOT NULL,
      part integer,
      parts integer,
      headers json,
      payload json NOT NULL,
      PRIMARY KEY (number, recorded_at)
    ) PARTITION BY RANGE (recorded_at)`,
    `CREATE TABLE events_default PARTITION OF events DEFAULT`,
    `CREATE INDEX events_id ON events USING hash (id)`,
    `CREATE TABLE outbox (number bigint PRIMARY KEY, recorded_at timestamptz NOT NULL)`,
    `ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,
    `CREATE TABLE acknowledged (
      stream text PRIMARY KEY,
      seq bigint NOT NULL,
      at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`,
    `CREATE FUNCTION event_id(type text, key text) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
      SELECT encode(set_byte(set_byte(h, 6, (get_byte(h, 6) & 15) | 128), 8, (get_byte(h, 8) & 63) | 128), 'hex')::uuid
      FROM (SELECT substr(sha256(convert_to(type || E'\\n' || key, 'UTF8')), 1, 16)) AS digest(h)
    $$`,
    `CREATE FUNCTION subject_token(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
      SELECT CASE WHEN value = '' THEN '_' WHEN value ~ '^[A-Za-z0-9-]+$' THEN value ELSE (
        SELECT string_agg(
          CASE WHEN chr(byte) ~ '[A-Za-z0-9-]' AND byte < 128 THEN chr(byte) ELSE '_' || lpad(to_hex(byte), 2, '0') END,
          '' ORDER BY at)
        FROM (
          SELECT at, get_byte(convert_to(value, 'UTF8'), at) AS byte
          FROM generate_series(0, octet_length(convert_to(value, 'UTF8')) - 1) AS at
        ) AS bytes
      ) END
    $$`,
  ]);
}

/** `parts` holds the parts of a divided message until all have arrived; `inbox` the handled events of consumers with `dedupe: 'inbox'`. */
async function hearing(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `CREATE TABLE inbox (
      consumer text NOT NULL,
      event_id uuid NOT NULL,
      handled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (consumer, event_id)
    )`,
    `CREATE INDEX inbox_handled_at ON inbox (handled_at)`,
    `CREATE TABLE parts (
      consumer text NOT NULL,
      event_id uuid NOT NULL,
      part integer NOT NULL,
      parts integer NOT NULL,
      payload json NOT NULL,
      received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (consumer, event_id, part)
    )`,
    `CREATE TABLE heard (
      consumer text PRIMARY KEY,
      stream text NOT NULL,
      seq bigint NOT NULL,
      event_id text NOT NULL,
      at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`,
  ]);
}

async function jobs(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `CREATE TABLE job_runs (
      name text NOT NULL,
      key text NOT NULL,
      cause text NOT NULL,
      state text NOT NULL CHECK (state IN ('running', 'waiting', 'done', 'dead')),
      attempt integer NOT NULL DEFAULT 1,
      scheduled_at timestamptz,
      input json NOT NULL,
      claimed_by text,
      lease_until timestamptz,
      progress json,
      error text,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      finished_at timestamptz,
      PRIMARY KEY (name, key, cause)
    )`,
    `CREATE INDEX job_runs_open ON job_runs (name) WHERE state IN ('running', 'waiting')`,
    `CREATE TABLE job_delays (
      id uuid PRIMARY KEY,
      due_at timestamptz NOT NULL,
      is_wall boolean NOT NULL,
      event json NOT NULL
    )`,
    `CREATE INDEX job_delays_due_at ON job_delays (due_at)`,
    `CREATE TABLE schedules (job text PRIMARY KEY, last_scheduled_at timestamptz NOT NULL)`,
  ]);
}

/** Idempotency keys with their stored answers, and the audit log of commands; both are written in the transaction of the effect. */
async function commands(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `CREATE TABLE idempotency (
      scope text NOT NULL,
      key text NOT NULL,
      request text NOT NULL,
      fingerprint text NOT NULL,
      response json,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (scope, key)
    )`,
    `CREATE INDEX idempotency_created_at ON idempotency (created_at)`,
    `CREATE TABLE audit (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at timestamptz NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      actor text NOT NULL,
      tenant_id text,
      roles text[] NOT NULL,
      request text NOT NULL,
      input json NOT NULL,
      outcome text NOT NULL,
      detail text,
      idempotency_key text,
      traceparent text
    )`,
    `CREATE INDEX audit_at ON audit (at)`,
    `CREATE INDEX audit_tenant_at ON audit (tenant_id, at)`,
  ]);
}

/** The same ids in a third of the time: a body with a subquery is planned at each call in SQL, but only once in PL/pgSQL. */
async function quickEventIds(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `CREATE OR REPLACE FUNCTION event_id(type text, key text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
      DECLARE
        h bytea := substr(sha256(convert_to(type || E'\\n' || key, 'UTF8')), 1, 16);
      BEGIN
        RETURN encode(set_byte(set_byte(h, 6, (get_byte(h, 6) & 15) | 128), 8, (get_byte(h, 8) & 63) | 128), 'hex')::uuid;
      END
    $$`,
  ]);
}

/** What each table holds, for \d+ in psql and for docs/tables.md. */
async function tableComments(db: Kysely<unknown>): Promise<void> {
  const comments = {
    events:
      'Log of every event and job this service published, in the order of its number; partitioned by month of recording',
    outbox: 'Pointers to logged events that are not published yet',
    acknowledged: 'Highest sequence that each stream has acknowledged to this service',
    inbox: 'Event ids that consumers with inbox deduplication have handled',
    parts: 'Parts of divided messages whose other parts have not arrived',
    heard: 'Furthest message that each consumer has handled',
    job_runs: 'Runs of jobs by name, key and cause, with state, lease, progress and error',
    job_delays: 'Job messages that are not due yet',
    schedules: 'Last scheduled tick of each job that was enqueued',
    idempotency: 'Answers of commands by idempotency key, returned to repetitions',
    audit: 'Every command with its actor, input without secrets, and outcome',
  };
  for (const [table, comment] of Object.entries(comments)) {
    await sql`COMMENT ON TABLE ${sql.id(table)} IS ${sql.lit(comment)}`.execute(db);
  }
}

/** The id of the HTTP request beside each command; nothing changes or deletes an audit row. */
async function appendOnlyAudit(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `ALTER TABLE audit ADD COLUMN request_id text`,
    `CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
      END
    $$`,
    `CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
  ]);
}

/** A loss that a stream suffered is recorded until the lost messages are in the outbox again, whatever happens in between. */
async function lossesOfStreams(db: Kysely<unknown>): Promise<void> {
  await run(db, [`ALTER TABLE acknowledged ADD COLUMN lost_after timestamptz`]);
}

/**
 * The transaction that logged an event, so that one is never published in part where that can be avoided, and a part is recognised. A
 * transaction id is given again after the database was set back, so the time at which the transaction began belongs to it.
 */
async function transactionsOfEvents(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `ALTER TABLE events ADD COLUMN transaction text`,
    // A default of its own statement: rows that are there keep none, and the table is not written again.
    `ALTER TABLE events ALTER COLUMN transaction
      SET DEFAULT pg_current_xact_id() || '.' || to_hex(extract(epoch FROM transaction_timestamp())::bigint)`,
  ]);
}

/** A transaction whose captured rows wait to be logged has a row here, whose deferred trigger logs them at the commit. */
async function capturesDue(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `CREATE UNLOGGED TABLE captures_due (transaction xid8 PRIMARY KEY)`,
    `ALTER TABLE captures_due SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,
    `COMMENT ON TABLE captures_due IS
      'Transactions whose captured rows are logged when they commit; a row is seen by its own transaction alone'`,
  ]);
}
