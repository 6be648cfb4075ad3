import { ownSubjects } from '@arcadia/contracts';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import { databaseUrl, type Env } from '../kernel/config.ts';
import type { ServiceDefinition } from '../kernel/definition.ts';
import type { Logger } from '../kernel/log.ts';
import { parsePlatformConfig } from '../kernel/platform-config.ts';
import { awaitPostgres } from '../postgres/await-postgres.ts';
import type { DiskWatch } from '../postgres/disk-of-postgres.ts';
import { migrateDatabase } from '../postgres/migrate.ts';
import { createDatabase, createPool, sessionConfig } from '../postgres/postgres.ts';
import type { Capture } from '../restore/capture-rows.ts';

/** The started parts, which are stopped in reverse order. */
export type Undo = { label: string; stop: () => Promise<unknown> }[];

type OpenDatabase<DB> = { db: Kysely<DB>; pool: pg.Pool; schema: string; session: pg.ClientConfig };

/** Opens the database of a service, waits until it answers, and migrates its schema. */
export async function openDatabase<DB>(
  definition: Pick<ServiceDefinition<DB, never>, 'name' | 'migrations' | 'captures'>,
  schema: string,
  { env, log, undo, disk, signal }: { env: Env; log: Logger; undo: Undo; disk: DiskWatch; signal?: AbortSignal },
): Promise<OpenDatabase<DB>> {
  const settings = { url: databaseUrl(definition.name, env), schema, applicationName: definition.name };
  const connections = parsePlatformConfig(env).databaseConnections;
  const pool = createPool({ ...settings, connections }, (error) =>
    log.warn({ err: error }, 'a database connection was lost'),
  );
  const db = createDatabase<DB>(pool, disk.observe);
  undo.push({ label: 'postgres', stop: () => db.destroy() });
  const waiting = { name: definition.name, log, ...(signal === undefined ? {} : { signal }) };
  await awaitPostgres(db as unknown as Kysely<never>, waiting);
  await migrateDatabase(settings, definition.migrations, captureOf(definition));
  return { db, pool, schema, session: sessionConfig(settings) };
}

function captureOf({
  name,
  captures = [],
}: Pick<ServiceDefinition<never, never>, 'name' | 'captures'>): Capture | null {
  const stream = ownSubjects(name)[0]?.stream;
  return stream === undefined ? null : { service: name, stream, tables: captures };
}
