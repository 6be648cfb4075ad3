import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { type Capture, installCapture } from '../restore/capture-rows.ts';
import { ensureMonthPartitions } from './partitions.ts';
import { platformMigrations } from './platform-migrations.ts';
import { createDatabase, createPool, type PostgresOptions } from './postgres.ts';
import { timeOfPostgres } from './postgres-clock.ts';

/**
 * Migrates a service's schema: the platform's tables first, then the service's own, then the triggers of captured tables. Any
 * number of replicas may start at once: one migrates, the others wait for it.
 * @throws naming the migration that failed
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
      await runMigrations(db, { ...options, migrations: platformMigrations, table: 'platform_migrations' });
      await runMigrations(db, { ...options, table: 'migrations' });
      if (options.capture) await installCapture(session, options.capture);
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

async function runMigrations(
  db: Kysely<never>,
  options: { schema: string; migrations: Record<string, Migration>; table: string },
): Promise<void> {
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
