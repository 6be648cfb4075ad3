import { createDatabase, createPool, ensureMonthPartitionsBetween } from '@arcadia/platform';
import { throwawayDatabase } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';

test('replicas that create the partitions of the same months at once do not fail', async () => {
  await using database = await throwawayDatabase({ service: 'metering' });
  const options = { url: database.url, schema: 'metering', applicationName: 'test', connections: 8 };
  const db = createDatabase<unknown>(createPool(options, () => undefined));
  try {
    await sql`CREATE TABLE facts (at date NOT NULL) PARTITION BY RANGE (at)`.execute(db);
    const from = Temporal.Instant.from('2026-01-01T00:00:00Z');
    const months = { table: 'facts', from, to: Temporal.Instant.from('2027-12-01T00:00:00Z') };
    await Promise.all([
      ...Array.from({ length: 4 }, () => ensureMonthPartitionsBetween(db, months)),
      ...Array.from({ length: 4 }, () => db.transaction().execute((trx) => ensureMonthPartitionsBetween(trx, months))),
    ]);
    const made = await sql<{ count: string }>`
      SELECT count(*) AS count FROM pg_inherits WHERE inhparent = 'facts'::regclass`.execute(db);
    expect(made.rows).toEqual([{ count: '24' }]);
  } finally {
    await db.destroy();
  }
});
