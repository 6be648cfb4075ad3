import { createDatabase, createPool, type Migration, migrate } from '@arcadia/platform';
import { type ThrowawayDatabase, throwawayDatabase } from '@arcadia/testkit';
import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';

const creating = (table: string): Migration => ({
  up: async (db) => {
    await sql`CREATE TABLE ${sql.id(table)} (id integer PRIMARY KEY)`.execute(db);
  },
});
const [first, second, other] = ['first', 'second', 'other'].map(creating) as [Migration, Migration, Migration];

async function withDatabase(work: (db: Kysely<never>, database: ThrowawayDatabase) => Promise<void>): Promise<void> {
  await using database = await throwawayDatabase({ service: 'metering' });
  const options = { url: database.url, schema: 'metering', applicationName: 'test', connections: 2 };
  const db = createDatabase<never>(createPool(options, () => undefined));
  try {
    await work(db, database);
  } finally {
    await db.destroy();
  }
}

const version = (tables: readonly string[], migrations: Record<string, Migration>) => ({
  ...{ schema: 'metering', migrations },
  capture: { service: 'metering', stream: 'METERING', tables },
});

test('a replica of the former version starts on the schema of a later one, and leaves it as it is', async () => {
  await withDatabase(async (db) => {
    const former = version(['first'], { '0001-first': first });
    const later = version(['first', 'second'], { '0001-first': first, '0002-second': second });
    const triggers = async (): Promise<unknown> =>
      (
        await sql`SELECT tgrelid::regclass AS of, tgname, xmin FROM pg_trigger WHERE tgname LIKE 'capture%' ORDER BY 1, 2`.execute(
          db,
        )
      ).rows;
    await migrate(db, former);
    await migrate(db, later);
    const before = await triggers();
    await migrate(db, former);
    await migrate(db, former);
    expect(await triggers()).toEqual(before);
    await migrate(db, later);
    expect((await sql`SELECT name FROM migrations ORDER BY name`.execute(db)).rows).toEqual([
      { name: '0001-first' },
      { name: '0002-second' },
    ]);
  });
});

test('a version that branched off is refused with what the schema has and what it lacks', async () => {
  await withDatabase(async (db) => {
    await migrate(db, version([], { '0001-first': first, '0002-second': second }));
    await expect(migrate(db, version([], { '0001-first': first, '0002-other': other }))).rejects.toThrow(
      'the schema metering belongs to another version: it has the migration 0002-second and lacks 0002-other',
    );
  });
});
