import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { platformMigrations } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { z } from 'zod';

const olderDatabase = z.object({
  /** The commit that made it. */
  commit: z.string(),
  /** The migrations it had gone through. */
  migrations: z.object({ platform: z.array(z.string()), service: z.array(z.string()) }),
  partitions: z.array(z.object({ name: z.string(), parent: z.string(), bound: z.string() })),
  /** Every row as text, a column each; null is null. */
  tables: z.array(
    z.object({
      name: z.string(),
      columns: z.array(z.string()),
      rows: z.array(z.array(z.string().nullable())),
    }),
  ),
});

/** A service's schema with its rows as an older commit left them, kept as a fixture. */
export type OlderDatabase = z.infer<typeof olderDatabase>;

export const readOlderDatabase = (file: string): OlderDatabase =>
  olderDatabase.parse(JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')));

/** Makes the folder of a service that has none yet. */
export function writeOlderDatabase(file: string, database: OlderDatabase): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, gzipSync(JSON.stringify(database), { level: 9 }));
}

const ownTables = `
  SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition`;
const migrationTables = /^(platform_)?migrations(_lock)?$/;

/** Reads a service's schema as a fixture. */
export async function exportDatabase(admin: pg.Client, schema: string, commit: string): Promise<OlderDatabase> {
  const namesIn = async (table: string) =>
    (await admin.query<{ name: string }>(`SELECT name FROM ${schema}.${table} ORDER BY name`)).rows.map(
      ({ name }) => name,
    );
  const partitions = await admin.query<OlderDatabase['partitions'][number]>(
    `SELECT c.relname AS name, p.relname AS parent, pg_get_expr(c.relpartbound, c.oid) AS bound
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
     JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY 1`,
    [schema],
  );
  const tables = await admin.query<{ relname: string }>(`${ownTables} ORDER BY relname`, [schema]);
  const exported: OlderDatabase['tables'] = [];
  for (const { relname } of tables.rows) {
    if (migrationTables.test(relname)) continue;
    const { rows: columns } = await admin.query<{ attname: string }>(
      `SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
       ORDER BY attnum`,
      [`${schema}.${relname}`],
    );
    const names = columns.map(({ attname }) => attname);
    const list = names.map((name) => `${pg.escapeIdentifier(name)}::text`).join(', ');
    const { rows } = await admin.query<(string | null)[]>({
      text: `SELECT ${list} FROM ${schema}.${pg.escapeIdentifier(relname)}`,
      rowMode: 'array',
    });
    if (rows.length > 0) exported.push({ name: relname, columns: names, rows });
  }
  return {
    commit,
    migrations: { platform: await namesIn('platform_migrations'), service: await namesIn('migrations') },
    partitions: partitions.rows,
    tables: exported,
  };
}

/** Brings an empty schema to where the fixture was: its migrations, its partitions, its rows. */
export async function restoreDatabase(
  { db, admin, schema }: { db: Kysely<never>; admin: pg.Client; schema: string },
  older: OlderDatabase,
  migrations: Record<string, Migration>,
): Promise<void> {
  await runOnly(
    db,
    { schema, table: 'platform_migrations', migrations: platformMigrations },
    older.migrations.platform,
  );
  await runOnly(db, { schema, table: 'migrations', migrations }, older.migrations.service);
  // A service makes its partitions itself, so it owns them and its migrations may change them.
  for (const { name, parent, bound } of older.partitions) {
    await sql.raw(`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${parent} ${bound}`).execute(db);
  }
  await admin.query(`SET search_path TO ${schema}`);
  // Rows come back as they were: no trigger derives anything from them, and foreign keys hold already.
  await admin.query(`SET session_replication_role = replica`);
  // Migrations may have written rows of their own. All go before any row comes: truncating a table empties those that refer to it.
  await admin.query(`TRUNCATE ${older.tables.map(({ name }) => pg.escapeIdentifier(name)).join(', ')} CASCADE`);
  for (const { name, columns, rows } of older.tables) {
    const types = await typesOf(admin, name);
    const list = columns.map((column) => pg.escapeIdentifier(column)).join(', ');
    const values = columns.map((column, index) => `(r ->> ${index})::${types.get(column)}`).join(', ');
    await admin.query(
      `INSERT INTO ${pg.escapeIdentifier(name)} (${list}) OVERRIDING SYSTEM VALUE
       SELECT ${values} FROM json_array_elements($1::json) AS r`,
      [JSON.stringify(rows)],
    );
  }
  await continueSequences(admin, schema);
  await admin.query(`RESET session_replication_role`);
  await admin.query(`RESET search_path`);
}

/** New rows are numbered after the restored ones. */
async function continueSequences(admin: pg.Client, schema: string): Promise<void> {
  const { rows } = await admin.query<{ name: string; column: string; sequence: string }>(
    `SELECT c.relname AS name, a.attname AS column,
       coalesce(pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname), split_part(d.value, '''', 2)) AS sequence
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL (
       SELECT (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = a.attrelid AND adnum = a.attnum) AS value
     ) AS d
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND (a.attidentity <> '' OR d.value LIKE 'nextval(%')`,
    [schema],
  );
  for (const { name, column, sequence } of rows) {
    const highest = `max(${pg.escapeIdentifier(column)})`;
    await admin.query(
      `SELECT setval($1::regclass, ${highest}) FROM ${pg.escapeIdentifier(name)} HAVING ${highest} > 0`,
      [sequence],
    );
  }
}

async function typesOf(admin: pg.Client, table: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await admin.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [pg.escapeIdentifier(table)],
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
}

async function runOnly(
  db: Kysely<never>,
  { schema, table, migrations }: { schema: string; table: string; migrations: Record<string, Migration> },
  names: readonly string[],
): Promise<void> {
  const missing = names.filter((name) => migrations[name] === undefined);
  if (missing.length > 0) throw new Error(`migrations may only be appended; ${schema} lacks ${missing.join(', ')}`);
  const chosen = Object.fromEntries(Object.entries(migrations).filter(([name]) => names.includes(name)));
  const migrator = new Migrator({
    db: db as unknown as Kysely<unknown>,
    provider: { getMigrations: async () => chosen },
    migrationTableSchema: schema,
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error(`the migrations of the older ${schema} failed`, { cause: error });
}

/** The number of rows of every table that the fixture holds. */
export async function countRows(
  admin: pg.Client,
  schema: string,
  tables: readonly string[],
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of tables) {
    const { rows } = await admin.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${schema}.${pg.escapeIdentifier(name)}`,
    );
    counts[name] = rows[0]?.count ?? 0;
  }
  return counts;
}
