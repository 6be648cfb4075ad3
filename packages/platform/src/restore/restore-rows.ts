import { type Kysely, sql, type Transaction } from 'kysely';
import { type Column, columnsOf } from './capture-rows.ts';

/** The rows of a table that one statement has changed, or a part of them. They stay text, because numbers in them are exact. */
export type CapturedRows = {
  payload: string;
  /** The place of the change among those of the payload; null: the payload is the change. */
  place: number | null;
  table: string;
  isDeleted: boolean;
  /** Columns that the rows of an update do not have, because they are as they were inserted. */
  without: readonly string[];
  statement: string;
  omitted: number;
  count: number;
};

type Content = {
  table: string;
  is_deleted: boolean;
  without?: string[];
  statement: string;
  omitted: number;
  rows: unknown[];
};
/** What a change holds of a row that is too large for a message: a piece of the row's text. */
type Piece = Content & { piece: number; pieces: number; text: string };
type Change = Content | Piece;

/** The changes of a message. Those of a transaction are one message, unless they are too many for one. */
function changesOf(payload: string): { change: Change; place: number | null }[] {
  const content = JSON.parse(payload) as Change | { changes: Change[] };
  return 'changes' in content
    ? content.changes.map((change, place) => ({ change, place }))
    : [{ change: content, place: null }];
}

/**
 * Reads the messages of whole statements; the pieces of a large row follow each other.
 * @param payloads as `log_captured` writes them
 */
export function readCapturedRows(payloads: readonly string[]): CapturedRows[] {
  const read: CapturedRows[] = [];
  let pieces: string[] = [];
  for (const payload of payloads) {
    for (const { change, place } of changesOf(payload)) {
      const { table, is_deleted: isDeleted, without = [], statement, omitted } = change;
      const of = { table, isDeleted, without, statement, omitted };
      if (!('piece' in change)) read.push({ ...of, payload, place, count: change.rows.length });
      else {
        if (change.piece !== pieces.length + 1)
          throw new Error(`piece ${pieces.length + 1} of a changed row of ${table} is missing from the stream`);
        pieces.push(change.text);
        if (pieces.length < change.pieces) continue;
        read.push({ ...of, payload: `{"rows":[${pieces.join('')}]}`, place: null, count: 1 });
        pieces = [];
      }
    }
  }
  return read;
}

/** The first and the last statement that changed rows of a message. */
export function statementsOf(payload: string): { first: string; last: string } {
  const changes = changesOf(payload).map(({ change }) => change.statement);
  return { first: changes[0] ?? '', last: changes.at(-1) ?? '' };
}

/**
 * Writes captured rows back, in the order given: a row takes the place of the one with its key, or is deleted. One statement may
 * have changed several tables; their rows are ordered by the foreign keys. The triggers of the tables are off meanwhile: they
 * judged these changes once, and some of them would have to see the whole statement. Rows of other tables are left out.
 * @returns the tables of updated rows that are not there, once for each row: their insertion was too large for a message
 */
export async function restoreRows<DB>(
  trx: Transaction<DB>,
  messages: readonly CapturedRows[],
  tables: readonly string[],
): Promise<string[]> {
  const missing: string[] = [];
  const depths = await depthsOf(trx, tables);
  const known = messages.filter(({ table }) => depths.has(table));
  const touched = [...new Set(known.map(({ table }) => table))];
  for (const table of touched) await sql`ALTER TABLE ${sql.table(table)} DISABLE TRIGGER USER`.execute(trx);
  const columns = new Map<string, Column[]>();
  for (const table of touched) columns.set(table, await columnsOf(trx, table));
  const rank = ({ table, isDeleted }: CapturedRows): number => (depths.get(table) ?? 0) * (isDeleted ? -1 : 1);
  for (const statement of byStatement(known)) {
    for (const one of statement.toSorted((a, b) => rank(a) - rank(b))) {
      const count = await writeRows(trx, one, columns.get(one.table) ?? []);
      missing.push(...Array<string>(count).fill(one.table));
    }
  }
  for (const table of touched) await sql`ALTER TABLE ${sql.table(table)} ENABLE TRIGGER USER`.execute(trx);
  return missing;
}

function byStatement(messages: readonly CapturedRows[]): CapturedRows[][] {
  const groups: CapturedRows[][] = [];
  for (const message of messages) {
    const group = groups.at(-1);
    if (group !== undefined && group[0]?.statement === message.statement) group.push(message);
    else groups.push([message]);
  }
  return groups;
}

/** @returns how many updated rows are not there */
async function writeRows<DB>(
  trx: Transaction<DB>,
  { table, payload, place, isDeleted, without, count }: CapturedRows,
  columns: readonly Column[],
): Promise<number> {
  const keys = columns.filter(({ is_key }) => is_key);
  const change = place === null ? sql`${payload}::json` : sql`${payload}::json -> 'changes' -> ${place}::int`;
  const rows = sql`json_populate_recordset(NULL::${sql.table(table)}, ${change} -> 'rows')`;
  const same = sql.join(
    keys.map(({ name }) => sql`t.${sql.id(name)} IS NOT DISTINCT FROM d.${sql.id(name)}`),
    sql` AND `,
  );
  if (isDeleted) {
    await sql`DELETE FROM ${sql.table(table)} AS t USING ${rows} AS d WHERE ${same}`.execute(trx);
    return 0;
  }
  const names = (some: readonly Column[]) => sql.join(some.map(({ name }) => sql.id(name)));
  const settable = columns.filter(
    ({ name, is_key, is_identity }) => !is_key && !is_identity && !without.includes(name),
  );
  if (without.length > 0) {
    const assignments = settable.map((column) => sql`${sql.id(column.name)} = ${valueOf(column, sql`d.`)}`);
    const { numAffectedRows = 0n } = await sql`UPDATE ${sql.table(table)} AS t SET ${sql.join(assignments)}
      FROM ${rows} AS d WHERE ${same}`.execute(trx);
    return count - Number(numAffectedRows);
  }
  const assignments = settable.map(({ name }) => sql`${sql.id(name)} = excluded.${sql.id(name)}`);
  const conflict = settable.length === 0 ? sql`DO NOTHING` : sql`DO UPDATE SET ${sql.join(assignments)}`;
  await sql`INSERT INTO ${sql.table(table)} (${names(columns)}) OVERRIDING SYSTEM VALUE
    SELECT ${sql.join(columns.map((column) => valueOf(column)))} FROM ${rows} ON CONFLICT (${names(keys)}) ${conflict}`.execute(
    trx,
  );
  return 0;
}

const valueOf = ({ name, is_json_not_null }: Column, of = sql``) =>
  is_json_not_null ? sql`coalesce(${of}${sql.id(name)}, 'null')` : sql`${of}${sql.id(name)}`;

/** Sets the identity columns of restored tables to go on after the highest value. */
export async function continueIdentities<DB>(db: Kysely<DB>, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    for (const { name } of (await columnsOf(db, table)).filter(({ is_identity }) => is_identity)) {
      await sql`SELECT setval(pg_get_serial_sequence(${table}, ${name}), greatest(1, max(${sql.id(name)})))
        FROM ${sql.table(table)}`.execute(db);
    }
  }
}

/** How many foreign keys lie between a table and those that refer to none: rows of smaller depth must be there first. */
async function depthsOf<DB>(db: Kysely<DB>, tables: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ name: string; depth: number }>`
    WITH RECURSIVE paths (name, relation, depth) AS (
      SELECT name, to_regclass(name), 0 FROM unnest(${[...tables]}::text[]) AS name WHERE to_regclass(name) IS NOT NULL
      UNION ALL
      SELECT c.conrelid::regclass::text, c.conrelid::regclass, p.depth + 1
      FROM paths p JOIN pg_constraint c ON c.confrelid = p.relation AND c.contype = 'f' AND c.conrelid <> c.confrelid
      WHERE p.depth < 20
    )
    SELECT name, max(depth) AS depth FROM paths WHERE name = ANY (${[...tables]}::text[]) GROUP BY name`.execute(db);
  return new Map(rows.map(({ name, depth }) => [name, depth]));
}
