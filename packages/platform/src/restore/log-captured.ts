import { type Kysely, sql } from 'kysely';

/** The event type of captured rows. They are messages of the platform and have no contract: their shape is that of the table. */
export const capturedType = 'row.changed';

/** A message takes no further change that would make it longer than so many bytes. */
export const fullMessage = 400_000;

/**
 * Creates what logs the captured changes of a transaction as one message ([0097](../../../../docs/decisions/0097-one-message-for-the-captured-rows-of-a-transaction.md)).
 * The changes wait in settings of the transaction, which a rollback to a savepoint takes back with them. They are logged before an
 * event that the same transaction logs, so that rows precede the events that rest on them, when they fill a message, and at the commit.
 * @param existing the triggers that are there, as `installCapture` names them
 */
export async function installLogging<DB>(
  db: Kysely<DB>,
  { service, stream }: { service: string; stream: string },
  existing: ReadonlySet<string>,
): Promise<void> {
  const { rows } = await sql<{ schema: string }>`SELECT current_schema() AS schema`.execute(db);
  // One transaction may change tables of several services, as that of an administrator.
  const prefix = `arcadia.${(rows[0]?.schema ?? service).replaceAll(/[^a-z0-9_]/g, '_')}`;
  const changes = sql.lit(`${prefix}_changes`);
  const subject = sql.lit(`${prefix}_subject`);
  const several = sql.lit(`row.${service}.several`);
  // The first two are called by functions that set the search path. What they return is assigned: PERFORM would run a query for each call.
  await sql`
    CREATE OR REPLACE FUNCTION log_captured() RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
      kept text := current_setting(${changes}, true);
      kept_subject constant text := current_setting(${subject}, true);
      setting text;
    BEGIN
      IF coalesce(kept, '') = '' THEN RETURN false; END IF;
      setting := set_config(${changes}, '', true);
      IF kept_subject = ${several} THEN kept := '{"changes":[' || kept || ']}'; END IF;
      WITH logged AS (
        INSERT INTO events (id, stream, type, version, subject, occurred_at, payload)
        VALUES (gen_random_uuid(), ${sql.lit(stream)}, ${sql.lit(capturedType)}, 1, kept_subject, clock_timestamp(), kept::json)
        RETURNING number, recorded_at
      )
      INSERT INTO outbox (number, recorded_at) SELECT number, recorded_at FROM logged;
      RETURN true;
    END $$`.execute(db);
  await sql`
    CREATE OR REPLACE FUNCTION keep_captured(change text, table_name text) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
      kept text := coalesce(current_setting(${changes}, true), '');
      setting text;
      is_logged boolean := false;
    BEGIN
      IF kept <> '' AND octet_length(kept) + octet_length(change) > ${sql.lit(fullMessage)} THEN
        is_logged := log_captured();
        kept := '';
      END IF;
      IF kept = '' THEN
        setting := set_config(${subject}, ${sql.lit(`row.${service}.`)} || table_name, true);
        setting := set_config(${changes}, change, true);
        IF octet_length(change) > ${sql.lit(fullMessage)} THEN is_logged := log_captured();
        ELSE INSERT INTO captures_due (transaction) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
        END IF;
      ELSE
        setting := set_config(${subject}, ${several}, true);
        setting := set_config(${changes}, kept || ',' || change, true);
      END IF;
      RETURN NOT is_logged;
    END $$`.execute(db);
  await sql`
    CREATE OR REPLACE FUNCTION log_captured_first() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    DECLARE
      is_logged boolean;
    BEGIN
      is_logged := log_captured();
      RETURN NULL;
    END $$`.execute(db);
  await sql`
    CREATE OR REPLACE FUNCTION log_captured_at_commit() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    DECLARE
      is_logged boolean;
    BEGIN
      is_logged := log_captured();
      DELETE FROM captures_due WHERE transaction = NEW.transaction;
      RETURN NULL;
    END $$`.execute(db);
  if (!existing.has('capture_first events log_captured_first')) {
    await sql`CREATE TRIGGER capture_first BEFORE INSERT ON events FOR EACH STATEMENT
      WHEN (coalesce(current_setting(${changes}, true), '') <> '') EXECUTE FUNCTION log_captured_first()`.execute(db);
  }
  if (!existing.has('capture_at_commit captures_due log_captured_at_commit')) {
    await sql`CREATE CONSTRAINT TRIGGER capture_at_commit AFTER INSERT ON captures_due DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION log_captured_at_commit()`.execute(db);
  }
}
