import { randomUUID } from 'node:crypto';
import { type Bus, observeFailpoints } from '@arcadia/platform';
import {
  publishRaw,
  startTestService,
  type TestNats,
  type TestService,
  type ThrowawayDatabase,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { orderPlaced, poison, type ShopTables, shop, till } from './echo-service.ts';
import { openStage } from './stage.ts';

type Shop = TestService<ShopTables, { greeting: string }>;
type Note = ShopTables['notes'];

async function openShop() {
  const stack = new AsyncDisposableStack();
  const nats = stack.use(await throwawayNats());
  const database = stack.use(await throwawayDatabase({ services: ['metering'] }));
  return { nats, database, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const startShop = ({ nats, database }: { nats: TestNats; database: ThrowawayDatabase }) =>
  startTestService(shop, { nats, database: { url: database.urlOf('metering') } });

const note = ({ context }: Shop, name: string, content: unknown) =>
  sql`INSERT INTO notes VALUES (${name}, ${JSON.stringify(content)}::json)
    ON CONFLICT (name) DO UPDATE SET content = excluded.content`.execute(context.db);

async function notesOf({ context }: Shop): Promise<Note[]> {
  const { rows } = await sql<Note>`
    SELECT name, md5(content::text) AS content FROM notes ORDER BY name`.execute(context.db);
  return rows;
}

test('rows larger than a message, of several in one statement, and JSON’s own null return after a set-back', async () => {
  await using at = await openShop();
  let before: unknown;
  let backup: Awaited<ReturnType<typeof at.database.snapshot>>;
  {
    await using service = await startShop(at);
    await note(service, 'early', 'x');
    await service.settled();
    backup = await at.database.snapshot();
    await expect.poll(async () => (await service.health()).ok).toBe(true);
    // Quotes, backslashes and characters of four bytes are longer in a message than in the row.
    const large = `${'"\\'.repeat(150_000)}${'🜚'.repeat(260_000)}end`;
    await sql`INSERT INTO notes SELECT 'large-' || n, to_json(${large} || n) FROM generate_series(1, 3) AS n`.execute(
      service.context.db,
    );
    await note(service, 'early', { lines: 'y'.repeat(499_950) });
    await note(service, 'nothing', null);
    await service.settled();
    before = await notesOf(service);
  }
  await backup.setBack();
  await using restored = await startShop(at);
  expect(await notesOf(restored)).toEqual(before);
  expect(before).toHaveLength(5);
  // A restore that ended in part would be done again.
  await restored.settled();
  expect(await largestMessage(restored.bus)).toBeLessThan(1_000_000);
});

type Logged = {
  type: string;
  subject: string;
  payload: { changes?: { rows: { name: string }[] }[]; rows?: { name: string }[] };
};

/** What the log holds of the transaction that has logged last, in its order. */
async function lastTransaction({ context }: Shop): Promise<{ of: string; names: string[] }[]> {
  const { rows } = await sql<Logged>`
    SELECT type, subject, payload FROM events WHERE transaction = (SELECT transaction FROM events ORDER BY number DESC LIMIT 1)
    ORDER BY number`.execute(context.db);
  return rows.map(({ type, subject, payload: { changes, rows: only } }) => ({
    of: type === 'row.changed' ? subject : type,
    names: (changes ?? [{ rows: only ?? [] }]).flatMap((change) => change.rows.map(({ name }) => name)),
  }));
}

test('all rows that a transaction changes are one message before its event, without what a savepoint took back, and return after a set-back', async () => {
  await using at = await openShop();
  let before: unknown;
  let backup: Awaited<ReturnType<typeof at.database.snapshot>>;
  {
    await using service = await startShop(at);
    await note(service, 'first', 'x');
    await service.settled();
    expect(await lastTransaction(service)).toEqual([{ of: 'row.metering.notes', names: ['first'] }]);
    backup = await at.database.snapshot();
    await expect.poll(async () => (await service.health()).ok).toBe(true);
    const write = (tx: Pick<Shop['context'], 'db'>['db'], name: string, length: number) =>
      sql`INSERT INTO notes VALUES (${name}, to_json(repeat('y', ${length}::int)))`.execute(tx);
    await service.context.transact(async (tx) => {
      await write(tx.sql, 'one', 10);
      await sql`SAVEPOINT before_two`.execute(tx.sql);
      await write(tx.sql, 'two', 10);
      await sql`ROLLBACK TO before_two`.execute(tx.sql);
      await write(tx.sql, 'three', 10);
      await sql`DELETE FROM notes WHERE name = 'first'`.execute(tx.sql);
      await tx.publish(orderPlaced, { order: 'one', revision: 1, amount: 1, lines: [] });
    });
    expect(await lastTransaction(service)).toEqual([
      { of: 'row.metering.several', names: ['one', 'three', 'first'] },
      { of: 'usage.reported', names: [] },
    ]);
    // Rows that fill a message are not held back; those of one statement may begin in one message and go on in the next.
    await service.context.transact(async (tx) => {
      await write(tx.sql, 'four', 10);
      await sql`INSERT INTO notes SELECT 'many-' || n, to_json(repeat('z', 150000)) FROM generate_series(1, 5) AS n`.execute(
        tx.sql,
      );
      await write(tx.sql, 'five', 300_000);
      await write(tx.sql, 'six', 10);
    });
    const messages = await lastTransaction(service);
    expect(messages.flatMap(({ names }) => names)).toEqual([
      'four',
      ...[1, 2, 3, 4, 5].map((n) => `many-${n}`),
      'five',
      'six',
    ]);
    expect(messages.length).toBeGreaterThan(2);
    await expect(
      service.context.transact(async (tx) => {
        await write(tx.sql, 'seven', 10);
        throw new Error('not written after all');
      }),
    ).rejects.toThrow('not written after all');
    await service.settled();
    expect((await lastTransaction(service)).flatMap(({ names }) => names)).not.toContain('seven');
    expect((await sql`SELECT FROM captures_due`.execute(service.context.db)).rows).toEqual([]);
    before = await notesOf(service);
  }
  await backup.setBack();
  await using restored = await startShop(at);
  expect(await notesOf(restored)).toEqual(before);
  expect(before).toHaveLength(10);
});

async function largestMessage(bus: Bus): Promise<number> {
  const { state } = await bus.jsm.streams.info('METERING');
  let largest = 0;
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const message = await bus.jsm.streams.getMessage('METERING', { seq });
    largest = Math.max(largest, message?.data.length ?? 0);
  }
  return largest;
}

/** A captured change of a note, as the relay publishes it, at a place of the log. */
const changed = (
  content: string,
  place: { number: number; transaction: string; continues?: boolean; name?: string },
) => ({
  subject: 'row.metering.notes',
  payload: JSON.stringify({
    ...{ table: 'notes', is_deleted: false, statement: place.transaction, omitted: 0 },
    rows: [{ name: place.name ?? 'moved', content }],
  }),
  headers: {
    ...{ 'ce-id': randomUUID(), 'Nats-Msg-Id': randomUUID(), 'ce-type': 'row.changed', 'ce-dataversion': '1' },
    ...{ 'ce-time': '2026-04-01T00:00:00Z', 'arcadia-log': `${place.number}/${place.transaction}` },
    ...(place.continues === true ? { 'arcadia-continues': 'yes' } : {}),
  },
});

async function afterPublishing(messages: readonly ReturnType<typeof changed>[]) {
  const at = await openShop();
  {
    await using service = await startShop(at);
    await note(service, 'moved', 'before');
    await service.settled();
  }
  for (const message of messages) await publishRaw(at.nats, message);
  const service = await startShop(at);
  const { rows } = await sql<{ name: string; content: string }>`
    SELECT name, content FROM notes ORDER BY name`.execute(service.context.db);
  return {
    notes: Object.fromEntries(rows.map(({ name, content }) => [name, content])),
    service,
    async [Symbol.asyncDispose]() {
      await service.stop();
      await at[Symbol.asyncDispose]();
    },
  };
}

test('of two changes of a row that the stream holds in the wrong order, the later one holds after a restore', async () => {
  await using after = await afterPublishing([
    changed('the third', { number: 903, transaction: '71.a' }),
    changed('the first', { number: 901, transaction: '69.a' }),
    changed('the second', { number: 902, transaction: '70.a' }),
  ]);
  expect(after.notes).toEqual({ moved: 'the third' });
  // What is written since has a higher number, so a second restore would put it behind.
  await note(after.service, 'moved', 'the fourth');
  const { rows } = await sql<{ number: string }>`SELECT max(number) AS number FROM events`.execute(
    after.service.context.db,
  );
  expect(Number(rows[0]?.number)).toBeGreaterThan(903);
});

test('a transaction that was lost while it was being published in several batches returns whole or not at all', async () => {
  await using after = await afterPublishing([
    changed('of a whole one', { number: 901, transaction: '69.a', continues: true }),
    changed('of a beginning', { number: 902, transaction: '70.a', name: 'begun' }),
    changed('of a whole one', { number: 903, transaction: '69.a' }),
    changed('of a beginning', { number: 904, transaction: '70.a', continues: true }),
  ]);
  expect(after.notes).toEqual({ moved: 'of a whole one' });
});

/** Commits `first`, and the rest while the relay is held after it has published that. `onPublish` is called after each batch. */
async function whileRelayWaits(
  first: () => Promise<unknown>,
  rest: () => Promise<unknown>,
  onPublish: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  observeFailpoints(async (name) => {
    if (name !== 'relay.after-publish') return;
    await onPublish();
    reach();
    await held;
  });
  await first();
  await reached;
  await rest();
  release();
}

test('a batch ends between transactions, and one that is larger names where it goes on', async () => {
  await using at = await openShop();
  await using service = await startShop(at);
  const { context, bus } = service;
  const order = (name: string) => ({ order: name, revision: 1, amount: 1, lines: [] });
  const place = (prefix: string, count: number) =>
    context.transact((tx) =>
      tx.publish(
        orderPlaced,
        Array.from({ length: count }, (_, index) => order(`${prefix}${index}`)),
      ),
    );
  const counts: number[] = [];
  const note = async () => void counts.push((await bus.jsm.streams.info('METERING')).state.messages);
  await whileRelayWaits(
    () => place('first', 1),
    async () => {
      for (const [prefix, count] of Object.entries({ a: 700, b: 700, c: 2_300 })) await place(prefix, count);
    },
    note,
  );
  await service.settled();
  observeFailpoints(null);
  const ends = counts.map((count) => count - 1);
  expect(ends).toEqual(expect.arrayContaining([700, 1_400]));
  expect(ends.filter((end) => end > 0 && end < 1_400)).toEqual([700]);
  const continuing: number[] = [];
  for (const end of ends.filter((count) => count > 0)) {
    const message = await bus.jsm.streams.getMessage('METERING', { seq: end + 1 });
    if (message?.header.get('arcadia-continues') === 'yes') continuing.push(end);
  }
  expect(continuing).toEqual([2_400, 3_400]);
});

test('a consumer past which the stream took messages on other subjects is not taken for one ahead of its database', async () => {
  poison.isFixed = false;
  await using stage = await openStage();
  const { context, bus } = stage.shop;
  const place = (order: string) =>
    context.transact((tx) => tx.publish(orderPlaced, { order, revision: 1, amount: 1, lines: [] }));
  await whileRelayWaits(
    () => place('one'),
    async () => {
      await place('two');
      for (const content of ['a', 'b', 'c']) await note(stage.shop, 'consumed by no service', content);
      await place('poison');
    },
  );
  observeFailpoints(null);
  // The server moves the floor up to the message that is still being tried, past those that the consumer does not get.
  const isBeingTried = async () => {
    const { ack_floor, num_ack_pending } = await bus.jsm.consumers.info('METERING', 'invoicing_orders');
    return { floor: ack_floor.stream_seq, pending: num_ack_pending };
  };
  await expect.poll(isBeingTried).toEqual({ floor: 5, pending: 1 });
  await stage.till.stop();
  await using again = await startTestService(till, {
    nats: stage.nats,
    database: { url: stage.database.urlOf('invoicing') },
  });
  expect((await sql`SELECT 1 FROM job_runs WHERE name = 'restore'`.execute(again.context.db)).rows).toEqual([]);
});
