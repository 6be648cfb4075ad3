import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { CapturedTable } from '../kernel/captured-table.ts';

/** The event type of captured rows. They are messages of the platform and have no contract: their shape is that of the table. */
export const capturedType = 'row.changed';

export type Capture = { service: string; stream: string; tables: readonly CapturedTable[] };

export const nameOfCaptured = (captured: CapturedTable): string =>
  typeof captured === 'string' ? captured : captured.table;

/** A trigger of a table, and the function that it calls. */
type Trigger = { operation: 'INSERT' | 'UPDATE' | 'DELETE'; calls: string };

/**
 * Has every change of these tables written to the service's stream, in the transaction of the change, by triggers: one message
 * of at most about 400 kB for each statement and table. So state that no event carries outlives the database. It is meant for
 * tables that change seldom; a row too large for a message is left out and counted.
 */
export async function installCapture<DB>(db: Kysely<DB>, { service, stream, tables }: Capture): Promise<void> {
  const present = await sql<{ name: string }>`
    SELECT tgname || ' ' || tgrelid::regclass || ' ' || tgfoid::regproc AS name FROM pg_trigger WHERE tgname LIKE 'capture\_%'`.execute(
    db,
  );
  const existing = new Set(present.rows.map(({ name }) => name));
  if (tables.length > 0) await createFunction(db, 'capture_rows', sql`changed_rows`);
  for (const captured of tables) {
    const table = nameOfCaptured(captured);
    for (const { operation, calls } of await triggersOf(db, captured)) {
      const trigger = `capture_${operation.toLowerCase()}`;
      if (existing.has(`${trigger} ${table} ${calls}`)) continue;
      const tablesOfRows = {
        INSERT: sql`NEW TABLE AS changed_rows`,
        UPDATE: sql`OLD TABLE AS former_rows NEW TABLE AS changed_rows`,
        DELETE: sql`OLD TABLE AS changed_rows`,
      };
      await sql`
        CREATE OR REPLACE TRIGGER ${sql.id(trigger)} AFTER ${sql.raw(operation)} ON ${sql.id(table)}
        REFERENCING ${tablesOfRows[operation]} FOR EACH STATEMENT
        EXECUTE FUNCTION ${sql.id(calls)}(${sql.lit(stream)}, ${sql.lit(service)})`.execute(db);
    }
  }
}

/** Creates the functions of a table's own: the key is enough of a deleted row, and some changes are none. */
async function triggersOf<DB>(db: Kysely<DB>, captured: CapturedTable): Promise<Trigger[]> {
  const table = nameOfCaptured(captured);
  const { except = [], only = null } = typeof captured === 'string' ? {} : captured;
  const columns = await columnsOf(db, table);
  const keys = columns.filter(({ is_key }) => is_key).map(({ name }) => sql.id(name));
  const isWanted =
    only === null
      ? sql`true`
      : sql`latter.${sql.id(only.column)} IN (${sql.join(only.values.map((value) => sql.lit(value)))})`;
  const triggers: Trigger[] = [];
  if (only === null) {
    triggers.push({ operation: 'INSERT', calls: 'capture_rows' });
    await createFunction(db, `capture_deleted_${table}`, sql`(SELECT ${sql.join(keys)} FROM changed_rows)`);
    triggers.push({ operation: 'DELETE', calls: `capture_deleted_${table}` });
  } else {
    const wanted = sql`(SELECT latter.* FROM changed_rows latter WHERE ${isWanted})`;
    await createFunction(db, `capture_inserted_${table}`, wanted);
    triggers.push({ operation: 'INSERT', calls: `capture_inserted_${table}` });
  }
  if (only === null && except.length === 0) return [...triggers, { operation: 'UPDATE', calls: 'capture_rows' }];
  const changed = sql`
    (SELECT latter.* FROM changed_rows latter WHERE ${isWanted} AND NOT EXISTS (
      SELECT FROM former_rows former WHERE ${sql.join(
        keys.map((key) => sql`former.${key} = latter.${key}`),
        sql` AND `,
      )} AND ${sql.join(columns.filter(({ name }) => !except.includes(name)).map(isSame), sql` AND `)}))`;
  await createFunction(db, `capture_changed_${table}`, changed);
  return [...triggers, { operation: 'UPDATE', calls: `capture_changed_${table}` }];
}

/** Values of the type json have no order of their fields, so their texts are compared. */
const isSame = ({ name, is_json }: Column) => {
  const [former, latter] = ['former', 'latter'].map((row) => sql`${sql.id(row)}.${sql.id(name)}`);
  return is_json
    ? sql`${former}::text IS NOT DISTINCT FROM ${latter}::text`
    : sql`${former} IS NOT DISTINCT FROM ${latter}`;
};

async function createFunction<DB>(db: Kysely<DB>, name: string, rows: RawBuilder<unknown>): Promise<void> {
  await sql`
    CREATE OR REPLACE FUNCTION ${sql.id(name)}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
      WITH texts AS (SELECT row_to_json(r)::text AS content FROM ${rows} r),
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

export type Column = { name: string; is_key: boolean; is_identity: boolean; is_json: boolean };

/** The columns of a table. Its key is the primary key, or the unique constraint of a table without one. */
export async function columnsOf<DB>(db: Kysely<DB>, table: string): Promise<Column[]> {
  const { rows } = await sql<Column>`
    SELECT a.attname AS name, a.attidentity <> '' AS is_identity, coalesce(a.attnum = ANY (k.conkey), false) AS is_key,
      a.atttypid = 'json'::regtype AS is_json
    FROM pg_attribute a LEFT JOIN LATERAL (
      SELECT conkey FROM pg_constraint WHERE conrelid = a.attrelid AND contype IN ('p', 'u') ORDER BY contype, conname LIMIT 1
    ) AS k ON true
    WHERE a.attrelid = to_regclass(${table}) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ORDER BY a.attnum`.execute(db);
  return rows;
}
