import { createDatabase, createPool, upsertNewest } from '@arcadia/platform';
import { throwawayDatabase } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';

type Thing = { id: string; part: number; note: string; attrs: object; tags: string[]; revision: number };

const thing = (part: number, revision: number): Thing => ({
  ...{ id: 'a', part, revision },
  ...{ note: `revision ${revision}`, attrs: { deep: { revision } }, tags: ['x', `r${revision}`] },
});

test('upsertNewest keeps the newest version of a row, in whatever order the versions arrive', async () => {
  await using database = await throwawayDatabase({ service: 'metering' });
  const pool = createPool({ url: database.url, schema: database.schema, applicationName: 'test' }, () => undefined);
  try {
    const db = createDatabase<Record<string, never>>(pool);
    await sql`CREATE TABLE things (id text, part int, note text, attrs jsonb, tags text[], revision int, kept_since int DEFAULT 7,
      PRIMARY KEY (id, part))`.execute(db);
    const table = { name: 'things', key: ['id', 'part'], newest: ['revision'] } as const;
    const write = (...rows: Thing[]) => upsertNewest(db, table, rows);

    expect(await write()).toEqual([]);
    expect(await write(thing(1, 2), thing(1, 3), thing(2, 1))).toEqual([
      { id: 'a', part: 1 },
      { id: 'a', part: 2 },
    ]);
    expect(await write(thing(1, 3), thing(1, 2))).toEqual([]);
    expect(await write(thing(2, 5), thing(1, 1))).toEqual([{ id: 'a', part: 2 }]);
    const stored = await sql`SELECT * FROM things ORDER BY part`.execute(db);
    expect(stored.rows).toEqual([
      { ...thing(1, 3), kept_since: 7 },
      { ...thing(2, 5), kept_since: 7 },
    ]);
  } finally {
    await pool.end();
  }
});
