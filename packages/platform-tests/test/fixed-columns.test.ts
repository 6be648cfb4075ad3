import { startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { type TillTables, till } from './echo-service.ts';

const written = (content: string) => JSON.stringify({ content });

const insert = (db: Kysely<TillTables>, names: readonly string[], content: string) =>
  sql`INSERT INTO receipts SELECT name, ${written(content)}::json, 'written' FROM unnest(${[...names]}::text[]) AS name`.execute(
    db,
  );
const setState = (db: Kysely<TillTables>, name: string, state: string) =>
  sql`UPDATE receipts SET state = ${state} WHERE order_name = ${name}`.execute(db);

async function receiptsOf(db: Kysely<TillTables>): Promise<unknown[]> {
  const { rows } = await sql`SELECT order_name, content::text, state FROM receipts ORDER BY order_name`.execute(db);
  return rows;
}

/** The changes of receipts in the log; those that one transaction made may be one message. */
async function changesOf(db: Kysely<TillTables>): Promise<Record<string, unknown>[]> {
  type Change = Record<string, unknown>;
  const { rows } = await sql<{ payload: Change & { changes?: Change[] } }>`SELECT payload FROM events
    WHERE type = 'row.changed' ORDER BY number`.execute(db);
  return rows.flatMap(({ payload }) => payload.changes ?? [payload]).filter(({ table }) => table === 'receipts');
}

test('a row returns whole after a set-back, though its updates are published without the columns that never change', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['invoicing'] });
  const start = () => startTestService(till, { nats, database: { url: database.urlOf('invoicing') } });
  let backup: { setBack(): Promise<void> };
  let before: unknown[];
  {
    await using running = await start();
    const { db } = running.context;
    await insert(db, ['early', 'gone'], 'a');
    await setState(db, 'early', 'sent');
    await running.settled();
    backup = await database.snapshot();
    await expect.poll(async () => (await running.health()).ok).toBe(true);
    await setState(db, 'early', 'paid');
    await insert(db, ['late'], 'b');
    await setState(db, 'late', 'sent');
    await sql`INSERT INTO receipts VALUES ('late', '{}', 'new') ON CONFLICT (order_name) DO UPDATE SET state = 'paid'`.execute(
      db,
    );
    await sql`DELETE FROM receipts WHERE order_name = 'gone'`.execute(db);
    await running.settled();
    before = await receiptsOf(db);
  }
  await backup.setBack();
  await using restarted = await start();
  await restarted.settled();
  expect(await receiptsOf(restarted.context.db)).toEqual(before);
  expect(before).toEqual([
    { order_name: 'early', content: written('a'), state: 'paid' },
    { order_name: 'late', content: written('b'), state: 'paid' },
  ]);
});

test('rows of one statement are divided over messages, a statement that changes no row has none, and the message of an update is as small as its change', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['invoicing'] });
  await using running = await startTestService(till, { nats, database: { url: database.urlOf('invoicing') } });
  const { db } = running.context;
  const rowsOf = (messages: Record<string, unknown>[]) => messages.map(({ rows }) => (rows as unknown[]).length);
  await setState(db, 'nothing', 'sent');
  expect(await changesOf(db)).toEqual([]);

  await insert(db, ['one'], 'x'.repeat(100_000));
  await setState(db, 'one', 'sent');
  const [inserted, updated] = await changesOf(db);
  expect(inserted).toMatchObject({ table: 'receipts', is_deleted: false, omitted: 0 });
  expect(inserted?.['rows']).toMatchObject([{ order_name: 'one', state: 'written' }]);
  expect(updated).toMatchObject({ without: ['content'], rows: [{ order_name: 'one', state: 'sent' }] });
  expect(JSON.stringify(updated).length).toBeLessThan(500);

  const names = Array.from({ length: 12 }, (_, index) => `many-${index}`);
  await insert(db, names, 'x'.repeat(100_000));
  expect(rowsOf((await changesOf(db)).slice(2)).every((count) => count < 6)).toBe(true);
  expect(rowsOf((await changesOf(db)).slice(2)).reduce((sum, count) => sum + count, 0)).toBe(12);

  // A row too large for a message travels in pieces, alone or beside others.
  const known = (await changesOf(db)).length;
  await insert(db, ['large'], 'x'.repeat(600_000));
  await insert(db, ['larger', 'largest'], 'x'.repeat(600_000));
  const pieces = (await changesOf(db)).slice(known);
  expect(rowsOf(pieces).every((count) => count === 0)).toBe(true);
  expect(pieces.filter(({ piece, pieces: of }) => piece === of)).toHaveLength(3);
});

test('Postgres refuses to change a column whose changes would not be published', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['invoicing'] });
  await using running = await startTestService(till, { nats, database: { url: database.urlOf('invoicing') } });
  const { db } = running.context;
  await insert(db, ['one'], 'a');
  await expect(sql`UPDATE receipts SET content = '{}' WHERE order_name = 'one'`.execute(db)).rejects.toThrow(
    'the columns content of receipts never change after a row is inserted',
  );
  await expect(
    sql`INSERT INTO receipts VALUES ('one', '{}', 'sent') ON CONFLICT (order_name) DO UPDATE SET content = excluded.content`.execute(
      db,
    ),
  ).rejects.toThrow('never change');
});
