import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { type Capture, installCapture } from '../restore/capture-rows.ts';
import { ensureMonthPartitions } from './partitions.ts';
import { platformMigrations } from './platform-migrations.ts';
import { createDatabase, createPool, type PostgresOptions } from './postgres.ts';
import { timeOfPostgres } from './postgres-clock.ts';

/**
 * Migrates a service's schema: the platform's tables first, then the service's own, then the triggers of captured tables. Any
 * number of replicas may start at once: one migrates, the others wait for it. A schema that a later version has migrated stays as it is:
 * migrations only add, so a replica of this version works with it, during a rolling upgrade and after going back by one version.
 * @throws naming the migration that failed, or what the schema has and lacks when versions have branched
 */
export async function migrate(
  db: Kysely<never>,
  options: { schema: string; migrations: Record<string, Migration>; capture?: Capture | null },
): Promise<void> {
  await db.connection().execute(async (session) => {
    const key = sql`hashtextextended(${`migrate:${options.schema}`}, 0)`;
    await sql`SELECT pg_advisory_lock(${key})`.execute(session);
    try {
      await ensureSchema(session, options.schema);
      const parts = [
        { ...options, migrations: platformMigrations, table: 'platform_migrations' },
        { ...options, table: 'migrations' },
      ];
      const isLater: boolean[] = [];
      for (const part of parts) isLater.push(await isOfLaterVersion(session, part));
      for (const [index, part] of parts.entries()) if (!isLater[index]) await runMigrations(db, part);
      // The triggers of a later version know its tables and columns.
      if (options.capture && !isLater.some(Boolean)) await installCapture(session, options.capture);
      await ensureMonthPartitions(session, { table: 'events', around: await timeOfPostgres(session) });
    } finally {
      await sql`SELECT pg_advisory_unlock(${key})`.execute(session);
    }
  });
}

/**
 * Migrates through connections of its own, whose statements have no limit: a new index on a large table may take an hour.
 * @throws as `migrate`
 */
export async function migrateDatabase(
  options: PostgresOptions,
  migrations: Record<string, Migration>,
  capture: Capture | null,
): Promise<void> {
  const pool = createPool({ ...options, connections: 2, isUnlimited: true }, () => undefined);
  const db = createDatabase<never>(pool);
  try {
    await migrate(db, { schema: options.schema, migrations, capture });
  } finally {
    await db.destroy();
  }
}

/** Creates a missing schema. A service's own database role may not create schemas; its schema was created together with the role. */
async function ensureSchema(db: Kysely<never>, schema: string): Promise<void> {
  const found = await sql`SELECT 1 FROM pg_namespace WHERE nspname = ${schema}`.execute(db);
  if (found.rows.length === 0) await sql`CREATE SCHEMA IF NOT EXISTS ${sql.id(schema)}`.execute(db);
}

type Part = { schema: string; migrations: Record<string, Migration>; table: string };

/**
 * Whether the schema has every migration of this version, and others.
 * @throws when it has others, and lacks some of this version
 */
async function isOfLaterVersion(db: Kysely<never>, { schema, migrations, table }: Part): Promise<boolean> {
  const found = await sql`SELECT 1 FROM pg_tables WHERE schemaname = ${schema} AND tablename = ${table}`.execute(db);
  if (found.rows.length === 0) return false;
  const { rows } = await sql<{ name: string }>`SELECT name FROM ${sql.table(`${schema}.${table}`)}`.execute(db);
  const done = new Set(rows.map(({ name }) => name));
  const others = [...done].filter((name) => !(name in migrations));
  if (others.length === 0) return false;
  const lacking = Object.keys(migrations).filter((name) => !done.has(name));
  if (lacking.length === 0) return true;
  throw new Error(
    `the schema ${schema} belongs to another version: it has the migration ${others.join(', ')} and lacks ${lacking.join(', ')}; start that version, or one that has both`,
  );
}

async function runMigrations(db: Kysely<never>, options: Part): Promise<void> {
  const migrator = new Migrator({
    db: db as unknown as Kysely<unknown>,
    provider: { getMigrations: async () => options.migrations },
    migrationTableSchema: options.schema,
    migrationTableName: options.table,
    migrationLockTableName: `${options.table}_lock`,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName;
  throw new Error(`migrating schema ${options.schema} failed${failed === undefined ? '' : ` in ${failed}`}`, {
    cause: error,
  });
}
