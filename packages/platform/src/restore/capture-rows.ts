import { type Kysely, sql } from 'kysely';

/** The event type of captured rows. They are messages of the platform and have no contract: their shape is that of the table. */
export const capturedType = 'row.changed';

export type Capture = { service: string; stream: string; tables: readonly string[] };

const operations = ['INSERT', 'UPDATE', 'DELETE'] as const;

/**
 * Has every change of these tables written to the service's stream, in the transaction of the change, by triggers: one message
 * of at most about 400 kB for each statement and table. So state that no event carries outlives the database. It is meant for
 * tables that change seldom; a row too large for a message is left out and counted.
 */
export async function installCapture<DB>(db: Kysely<DB>, { service, stream, tables }: Capture): Promise<void> {
  const present = await sql<{ name: string }>`
    SELECT tgname || ' ' || tgrelid::regclass AS name FROM pg_trigger WHERE tgname LIKE 'capture\_%'`.execute(db);
  const existing = new Set(present.rows.map(({ name }) => name));
  if (tables.length > 0) await createFunction(db);
  for (const table of tables) {
    for (const operation of operations) {
      const trigger = `capture_${operation.toLowerCase()}`;
      if (existing.has(`${trigger} ${table}`)) continue;
      const changed = sql.raw(operation === 'DELETE' ? 'OLD' : 'NEW');
      await sql`
        CREATE TRIGGER ${sql.id(trigger)} AFTER ${sql.raw(operation)} ON ${sql.id(table)}
        REFERENCING ${changed} TABLE AS changed_rows FOR EACH STATEMENT
        EXECUTE FUNCTION capture_rows(${sql.lit(stream)}, ${sql.lit(service)})`.execute(db);
    }
  }
}

async function createFunction<DB>(db: Kysely<DB>): Promise<void> {
  await sql`
    CREATE OR REPLACE FUNCTION capture_rows() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
      WITH texts AS (SELECT row_to_json(r)::text AS content FROM changed_rows r),
      sized AS (SELECT content, sum(octet_length(content) + 1) OVER (ROWS UNBOUNDED PRECEDING) AS up_to FROM texts),
      messages AS (
        SELECT '{"table":"' || TG_TABLE_NAME || '","is_deleted":' || (TG_OP = 'DELETE')::text || ',"statement":"' || txid_current() || ' ' || statement_timestamp() || '","omitted":' ||
          count(*) FILTER (WHERE octet_length(content) > 500000) || ',"rows":[' ||
          coalesce(string_agg(content, ',' ORDER BY up_to) FILTER (WHERE octet_length(content) <= 500000), '') || ']}' AS payload
        FROM sized GROUP BY up_to / 400000 ORDER BY min(up_to)
      ),
      logged AS (
        INSERT INTO events (id, stream, type, version, subject, occurred_at, payload)
        SELECT gen_random_uuid(), TG_ARGV[0], ${sql.lit(capturedType)}, 1, 'row.' || TG_ARGV[1] || '.' || TG_TABLE_NAME,
          clock_timestamp(), payload::json
        FROM messages
        RETURNING number, recorded_at
      )
      INSERT INTO outbox (number, recorded_at) SELECT number, recorded_at FROM logged;
      RETURN NULL;
    END $$`.execute(db);
}
