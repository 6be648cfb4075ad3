import { type QueryExecutorProvider, sql } from 'kysely';

/** A table that keeps the newest version of each thing. */
export type NewestTable<Row, Key extends keyof Row & string> = {
  name: string;
  /** The columns of its primary key (or of a unique index). */
  key: readonly Key[];
  /** The columns that order two versions of one thing, the most significant first: `['revision']`. */
  newest: readonly (keyof Row & string)[];
};

/**
 * Inserts rows; a row with an existing key replaces the stored one if it is newer, in whatever order the versions arrive. Of
 * several rows with one key the newest counts. All rows have the same columns; objects and arrays are stored as JSON or
 * Postgres arrays, by the type of the column. One statement, in the order of the key, so that two writers never deadlock.
 * @returns the keys of the rows that were inserted or replaced
 */
export async function upsertNewest<Row extends object, Key extends keyof Row & string>(
  db: QueryExecutorProvider,
  table: NewestTable<Row, Key>,
  rows: readonly Row[],
): Promise<Pick<Row, Key>[]> {
  const first = rows[0];
  if (first === undefined) return [];
  const columns = Object.keys(first);
  const replaced = columns.filter((column) => !table.key.some((key) => key === column));
  const list = (names: readonly string[], prefix = '') => sql.join(names.map((name) => sql.ref(prefix + name)));
  const key = list(table.key);
  const written = await sql<Pick<Row, Key>>`
    INSERT INTO ${sql.table(table.name)} (${list(columns)})
    SELECT DISTINCT ON (${key}) ${list(columns)}
    FROM json_populate_recordset(NULL::${sql.table(table.name)}, ${JSON.stringify(rows)}::json)
    ORDER BY ${key}, ${sql.join(table.newest.map((column) => sql`${sql.ref(column)} DESC`))}
    ON CONFLICT (${key}) DO UPDATE SET (${list(replaced)}) = ROW(${list(replaced, 'excluded.')})
    WHERE (${list(table.newest, `${table.name}.`)}) < (${list(table.newest, 'excluded.')})
    RETURNING ${list(table.key, `${table.name}.`)}`.execute(db);
  return written.rows;
}
