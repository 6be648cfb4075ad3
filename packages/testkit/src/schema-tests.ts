import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { createDatabase, createPool, migrate } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { countRows, readOlderDatabase, restoreDatabase } from './older-database.ts';
import { dumpSchema } from './schema-dump.ts';
import { type ThrowawayDatabase, throwawayDatabase } from './throwaway-database.ts';

type Service = { name: string; schema: string | null; migrations: Record<string, Migration> };
type Opened = { db: Kysely<never>; admin: pg.Client; schema: string };

/**
 * The tests that every service with tables has: its migrations make the schema that is written down in
 * `src/migrations/schema.txt` (`vitest --update` writes it anew), from nothing and from each older database in
 * `test/older-databases/`, whose rows all survive.
 * @param folder the folder of the calling test file, `import.meta.dirname`
 */
export function describeSchema(service: Service, folder: string): void {
  const golden = path.join(folder, '../src/migrations/schema.txt');
  const older = path.join(folder, 'older-databases');

  describe(`schema of ${service.name}`, () => {
    test('the migrations make the schema that is written down', () =>
      withDatabase(service, async ({ db, admin, schema }) => {
        await migrate(db, { schema, migrations: service.migrations });
        const text = await dumpSchema(admin, schema);
        expect(text).not.toContain('NO COMMENT');
        await expect(text).toMatchFileSnapshot(golden);
      }));

    // A service that is new has no older database yet.
    test.each(existsSync(older) ? readdirSync(older) : [])(
      'the database %s of an older commit is migrated without losing a row',
      (file) =>
        withDatabase(service, async (opened) => {
          const { db, admin, schema } = opened;
          const fixture = readOlderDatabase(path.join(older, file));
          await restoreDatabase(opened, fixture, service.migrations);
          const tables = fixture.tables.map(({ name }) => name);
          const before = await countRows(admin, schema, tables);
          expect(before).toEqual(Object.fromEntries(fixture.tables.map(({ name, rows }) => [name, rows.length])));
          await migrate(db, { schema, migrations: service.migrations });
          expect(await countRows(admin, schema, tables)).toEqual(before);
          await expect(await dumpSchema(admin, schema)).toMatchFileSnapshot(golden);
        }),
    );
  });
}

/** Brings an empty database to where a file in `test/older-databases/` was, without the migrations since. */
export const restoreOlder = (service: Service, database: ThrowawayDatabase, file: string): Promise<void> =>
  withSchema(database, (opened) => restoreDatabase(opened, readOlderDatabase(file), service.migrations));

async function withDatabase(service: Service, work: (opened: Opened) => Promise<void>): Promise<void> {
  await using database = await throwawayDatabase({ service: service.name });
  await withSchema(database, work);
}

async function withSchema(
  database: Pick<ThrowawayDatabase, 'url' | 'adminUrl' | 'schema'>,
  work: (opened: Opened) => Promise<void>,
): Promise<void> {
  const pool = createPool({ url: database.url, schema: database.schema, applicationName: 'test' }, () => undefined);
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  try {
    await work({ db: createDatabase<never>(pool), admin, schema: database.schema });
  } finally {
    await admin.end();
    await pool.end();
  }
}
