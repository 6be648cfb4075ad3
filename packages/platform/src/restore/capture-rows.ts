import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { CapturedTable } from '../kernel/captured-table.ts';
import { fullMessage, installLogging } from './log-captured.ts';

export { capturedType } from './log-captured.ts';

export type Capture = { service: string; stream: string; tables: readonly CapturedTable[] };

export const nameOfCaptured = (captured: CapturedTable): string =>
  typeof captured === 'string' ? captured : captured.table;

/** The most bytes of a row that is published whole. */
const largestRow = 500_000;
/** Characters of a piece of a larger row. Each takes up to four bytes, so that a message stays below the megabyte that the server allows. */
const pieceLength = 200_000;

/** A trigger of a table: once for a statement, or for each row that fulfils a condition. */
type Trigger = { operation: 'INSERT' | 'UPDATE' | 'DELETE'; calls: string; when: RawBuilder<unknown> | null };

/**
 * Has every change of these tables written to the service's stream, in the transaction of the change, by triggers: one message for
 * all changes of a transaction, or several of about 400 kB. So state that no event carries outlives the database. It is meant for
 * tables that change seldom; a row too large for a message is published in pieces of its text.
 */
export async function installCapture<DB>(db: Kysely<DB>, capture: Capture): Promise<void> {
  const { service, stream, tables } = capture;
  const present = await sql<{ name: string }>`
    SELECT tgname || ' ' || tgrelid::regclass || ' ' || tgfoid::regproc AS name FROM pg_trigger WHERE tgname LIKE 'capture\_%'`.execute(
    db,
  );
  const existing = new Set(present.rows.map(({ name }) => name));
  if (tables.length > 0) {
    await installLogging(db, capture, existing);
    await createFunction(db, 'capture_rows', { rows: sql`changed_rows` });
    await createFunction(db, 'capture_row', { rows: sql`(SELECT NEW.*)` });
    await createKeeper(db);
  }
  for (const captured of tables) {
    const table = nameOfCaptured(captured);
    await keepFixed(db, captured);
    for (const { operation, calls, when } of await triggersOf(db, captured)) {
      const trigger = `capture_${operation.toLowerCase()}`;
      // A condition may have changed since, which the name of the function does not show.
      if (when === null && existing.has(`${trigger} ${table} ${calls}`)) continue;
      const scope =
        when === null
          ? sql`REFERENCING ${sql.raw(operation === 'DELETE' ? 'OLD' : 'NEW')} TABLE AS changed_rows FOR EACH STATEMENT`
          : sql`FOR EACH ROW WHEN (${when})`;
      // Its arguments are what an older release reads.
      await sql`
        CREATE OR REPLACE TRIGGER ${sql.id(trigger)} AFTER ${sql.raw(operation)} ON ${sql.id(table)} ${scope}
        EXECUTE FUNCTION ${sql.id(calls)}(${sql.lit(stream)}, ${sql.lit(service)})`.execute(db);
    }
  }
}

async function triggersOf<DB>(db: Kysely<DB>, captured: CapturedTable): Promise<Trigger[]> {
  const table = nameOfCaptured(captured);
  const { except = [], fixed = [], inserted, updated, deleted = true } = typeof captured === 'string' ? {} : captured;
  const columns = await columnsOf(db, table);
  const ofAll = (operation: 'INSERT' | 'UPDATE') => ({ operation, calls: 'capture_rows', when: null });
  const triggers: Trigger[] = [
    inserted === undefined ? ofAll('INSERT') : { operation: 'INSERT', calls: 'capture_row', when: sql.raw(inserted) },
  ];
  if (fixed.length > 0) {
    const others = columns.filter(({ name }) => !fixed.includes(name)).map(({ name }) => sql.id(name));
    const rows = sql`(SELECT ${sql.join(others)} FROM changed_rows)`;
    await createFunction(db, `capture_updated_${table}`, { rows, without: fixed });
    triggers.push({ operation: 'UPDATE', calls: `capture_updated_${table}`, when: null });
  } else if (updated === undefined && except.length === 0) triggers.push(ofAll('UPDATE'));
  else {
    const differing = columns.filter(({ name }) => !except.includes(name)).map(differs);
    const when = sql`(${sql.raw(updated ?? 'true')}) AND (${sql.join(differing, sql` OR `)})`;
    triggers.push({ operation: 'UPDATE', calls: 'capture_row', when });
  }
  if (!deleted) return triggers;
  const keys = columns.filter(({ is_key }) => is_key).map(({ name }) => sql.id(name));
  await createFunction(db, `capture_deleted_${table}`, { rows: sql`(SELECT ${sql.join(keys)} FROM changed_rows)` });
  return [...triggers, { operation: 'DELETE', calls: `capture_deleted_${table}`, when: null }];
}

/** Values of the type json are compared as texts: they have no equality. */
const differs = ({ name, is_json }: Column) =>
  is_json
    ? sql`OLD.${sql.id(name)}::text IS DISTINCT FROM NEW.${sql.id(name)}::text`
    : sql`OLD.${sql.id(name)} IS DISTINCT FROM NEW.${sql.id(name)}`;

/** Postgres refuses a statement that would change a fixed column of a captured table, because its message would not carry the change. */
async function keepFixed<DB>(db: Kysely<DB>, captured: CapturedTable): Promise<void> {
  const table = sql.id(nameOfCaptured(captured));
  const fixed = typeof captured === 'string' ? [] : (captured.fixed ?? []);
  if (fixed.length === 0) {
    await sql`DROP TRIGGER IF EXISTS capture_fixed ON ${table}`.execute(db);
    return;
  }
  const columns = sql.join(fixed.map((name) => sql.id(name)));
  await sql`CREATE OR REPLACE TRIGGER capture_fixed BEFORE UPDATE OF ${columns} ON ${table} FOR EACH STATEMENT
    EXECUTE FUNCTION keep_fixed_columns(${sql.lit(fixed.join(', '))})`.execute(db);
}

const createKeeper = async <DB>(db: Kysely<DB>): Promise<unknown> =>
  sql`CREATE OR REPLACE FUNCTION keep_fixed_columns() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the columns % of % never change after a row is inserted', TG_ARGV[0], TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
    END $$`.execute(db);

/**
 * Most statements change one row, or none that a condition names, and for these the general form, which divides rows over
 * messages, costs several times what the row does.
 */
async function createFunction<DB>(
  db: Kysely<DB>,
  name: string,
  { rows, without = [] }: { rows: RawBuilder<unknown>; without?: readonly string[] },
): Promise<void> {
  const lacking = without.length === 0 ? ',' : `,"without":${JSON.stringify(without)},`;
  await sql`
    CREATE OR REPLACE FUNCTION ${sql.id(name)}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    DECLARE
      head constant text := '{"table":"' || TG_TABLE_NAME || '","is_deleted":' || (TG_OP = 'DELETE')::text || ${sql.lit(lacking)}
        || '"statement":"' || txid_current() || ' ' || statement_timestamp() || '","omitted":0,';
      how_many integer;
      change text;
      is_kept boolean;
    BEGIN
      SELECT count(*), min(row_to_json(few)::text) INTO how_many, change FROM (SELECT * FROM ${rows} r LIMIT 2) AS few;
      IF how_many = 0 THEN RETURN NULL; END IF;
      IF how_many = 1 AND octet_length(change) <= ${sql.lit(largestRow)} THEN
        is_kept := keep_captured(head || '"rows":[' || change || ']}', TG_TABLE_NAME);
        RETURN NULL;
      END IF;
      FOR change IN
        WITH texts AS (SELECT row_to_json(r)::text AS content FROM ${rows} r),
        sized AS (SELECT content, sum(octet_length(content) + 1) OVER (ROWS UNBOUNDED PRECEDING) AS up_to FROM texts),
        messages AS (
          SELECT min(up_to) AS place, 0 AS piece, head || '"rows":[' || string_agg(content, ',' ORDER BY up_to) || ']}' AS payload
          FROM sized WHERE octet_length(content) <= ${sql.lit(largestRow)} GROUP BY up_to / ${sql.lit(fullMessage)}
          UNION ALL
          SELECT up_to, piece, head || '"rows":[],"piece":' || piece || ',"pieces":' || pieces ||
            ',"text":' || to_json(substr(content, (piece - 1) * ${sql.lit(pieceLength)} + 1, ${sql.lit(pieceLength)}))::text || '}'
          FROM sized
          CROSS JOIN LATERAL (SELECT (length(content) - 1) / ${sql.lit(pieceLength)} + 1 AS pieces) AS counted
          CROSS JOIN LATERAL generate_series(1, pieces) AS piece
          WHERE octet_length(content) > ${sql.lit(largestRow)}
        )
        SELECT payload FROM messages ORDER BY place, piece
      LOOP
        is_kept := keep_captured(change, TG_TABLE_NAME);
      END LOOP;
      RETURN NULL;
    END $$`.execute(db);
}

export type Column = {
  name: string;
  is_key: boolean;
  is_identity: boolean;
  is_json: boolean;
  /** A column of JSON that is never null holds JSON's own null, which looks the same in a captured row. */
  is_json_not_null: boolean;
};

/** The columns of a table. Its key is the primary key, or the unique constraint of a table without one. */
export async function columnsOf<DB>(db: Kysely<DB>, table: string): Promise<Column[]> {
  const { rows } = await sql<Column>`
    SELECT a.attname AS name, a.attidentity <> '' AS is_identity, coalesce(a.attnum = ANY (k.conkey), false) AS is_key,
      a.atttypid = 'json'::regtype AS is_json,
      a.attnotnull AND a.atttypid IN ('json'::regtype, 'jsonb'::regtype) AS is_json_not_null
    FROM pg_attribute a LEFT JOIN LATERAL (
      SELECT conkey FROM pg_constraint WHERE conrelid = a.attrelid AND contype IN ('p', 'u') ORDER BY contype, conname LIMIT 1
    ) AS k ON true
    WHERE a.attrelid = to_regclass(${table}) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ORDER BY a.attnum`.execute(db);
  return rows;
}
