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
