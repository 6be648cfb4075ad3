import { eventId, token } from '@arcadia/contracts';
import { type Bus, maxMessageBytes, publishInOrder } from '@arcadia/platform';
import { startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { orderPlaced, shop } from './echo-service.ts';

async function openShop() {
  const stack = new AsyncDisposableStack();
  const nats = stack.use(await throwawayNats());
  const database = stack.use(await throwawayDatabase({ service: 'metering' }));
  const service = stack.use(await startTestService(shop, { nats, database }));
  return { nats, database, service, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const outgoing = (id: string, subject = `usage.reported.${id}`) => ({
  subject,
  payload: JSON.stringify({ id }),
  headers: { 'Nats-Msg-Id': id },
});

async function stored(bus: Bus, stream = 'METERING'): Promise<string[]> {
  const { state } = await bus.jsm.streams.info(stream);
  const ids: string[] = [];
  for (let seq = 1; seq <= state.last_seq; seq += 1) {
    const message = await bus.jsm.streams.getMessage(stream, { seq });
    ids.push(message?.json<{ id: string }>().id ?? '');
  }
  return ids;
}

test('a batch published again after an unknown outcome is stored once', async () => {
  await using stage = await openShop();
  const { bus } = stage.service;
  const batch = ['a', 'b', 'c'].map((id) => outgoing(id));
  expect(await publishInOrder(bus, 'METERING', batch)).toEqual({ firstSeq: 1, lastSeq: 3, stored: 3, duplicates: 0 });
  expect(await publishInOrder(bus, 'METERING', batch)).toMatchObject({ stored: 0, duplicates: 3 });
  expect(await stored(bus)).toEqual(['a', 'b', 'c']);
});

test('a batch that holds a stored message is completed one by one, in order', async () => {
  await using stage = await openShop();
  const { bus } = stage.service;
  await publishInOrder(bus, 'METERING', [outgoing('b')]);
  const batch = ['a', 'b', 'c'].map((id) => outgoing(id));
  expect(await publishInOrder(bus, 'METERING', batch)).toMatchObject({ stored: 2, duplicates: 1 });
  expect(await stored(bus)).toEqual(['b', 'a', 'c']);
});

test('a stream without room refuses with an error that names the full disk, and takes the same messages once there is room', async () => {
  await using stage = await openShop();
  const { bus } = stage.service;
  const { config } = await bus.jsm.streams.info('METERING');
  await bus.jsm.streams.update('METERING', { ...config, max_bytes: 100, discard: 'new' });
  const batch = ['a', 'b', 'c'].map((id) => outgoing(id));
  await expect(publishInOrder(bus, 'METERING', batch)).rejects.toMatchObject({
    name: 'PublishRefused',
    message: expect.stringMatching(/The disk of NATS, or the space that the stream may use, is full$/),
  });
  await bus.jsm.streams.update('METERING', { ...config, max_bytes: -1 });
  await publishInOrder(bus, 'METERING', batch);
  expect(await stored(bus)).toEqual(['a', 'b', 'c']);
});

test('a server without atomic batches gets the same messages in the same order', async () => {
  await using stage = await openShop();
  const bus = { ...stage.service.bus, hasAtomicBatches: false };
  const batch = Array.from({ length: 1_000 }, (_, index) => outgoing(`m${index}`));
  expect(await publishInOrder(bus, 'METERING', batch)).toEqual({
    firstSeq: 1,
    lastSeq: 1_000,
    stored: 1_000,
    duplicates: 0,
  });
  expect(await stored(bus)).toEqual(batch.map((message) => message.headers['Nats-Msg-Id']));
});

test('a subject that no stream takes is an error, never a silent loss', async () => {
  await using stage = await openShop();
  const stray = [outgoing('x', 'stray.subject')];
  await expect(publishInOrder(stage.service.bus, 'METERING', stray)).rejects.toMatchObject({ name: 'UnknownOutcome' });
});

test('events of one key from concurrent writers are stored in the order of its revisions', async () => {
  await using stage = await openShop();
  const { context, bus } = stage.service;
  const bump = (name: string) =>
    context.transact(async (tx) => {
      const row = await tx.sql
        .insertInto('orders')
        .values({ name, revision: 1, amount: 0 })
        .onConflict((on) => on.column('name').doUpdateSet((eb) => ({ revision: eb('orders.revision', '+', 1) })))
        .returning('revision')
        .executeTakeFirstOrThrow();
      await tx.publish(orderPlaced, { order: name, revision: row.revision, amount: 0, lines: [] });
    });
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let turn = 0; turn < 50; turn += 1) await bump(`k${(writer + turn) % 5}`);
  });
  await Promise.all(writers);
  await stage.service.settled();
  const { state } = await bus.jsm.streams.info('METERING');
  expect(state.messages).toBe(400);
  const newest = new Map<string, number>();
  for (let seq = 1; seq <= 400; seq += 1) {
    const message = await bus.jsm.streams.getMessage('METERING', { seq });
    const { order, revision } = message?.json<{ order: string; revision: number }>() ?? { order: '', revision: 0 };
    expect(revision).toBe((newest.get(order) ?? 0) + 1);
    newest.set(order, revision);
  }
});

test('an event too large for its contract is refused before the commit, and leaves nothing behind', async () => {
  await using stage = await openShop();
  const { context } = stage.service;
  const huge = { order: 'n', revision: 1, amount: 1, lines: ['x'.repeat(maxMessageBytes)] };
  const attempt = context.transact(async (tx) => {
    await tx.sql.insertInto('orders').values({ name: 'n', revision: 1, amount: 1 }).execute();
    await tx.publish(orderPlaced, huge);
  });
  await expect(attempt).rejects.toMatchObject({ name: 'OversizedError' });
  expect(await context.db.selectFrom('orders').selectAll().execute()).toEqual([]);
});

test('a query publishes one event for each of its rows inside the database', async () => {
  await using stage = await openShop();
  const { context, bus } = stage.service;
  const count = await context.transact((tx) =>
    tx.publishFrom(
      orderPlaced,
      sql`SELECT 'q' || n || ':1' AS key, 'usage.reported.q' || n AS subject,
        json_build_object('order', 'q' || n, 'revision', 1, 'amount', n, 'lines', '[]'::json) AS data
        FROM generate_series(1, 1500) AS n ORDER BY n`,
    ),
  );
  expect(count).toBe(1_500);
  await stage.service.settled();
  const first = await bus.jsm.streams.getMessage('METERING', { seq: 1 });
  expect(first?.header.get('Nats-Msg-Id')).toBe(eventId('usage.reported', 'q1:1'));
  expect(first?.json()).toEqual({ order: 'q1', revision: 1, amount: 1, lines: [] });
  expect((await bus.jsm.streams.info('METERING')).state.messages).toBe(1_500);
});

test('SQL derives the same event ids and subject tokens as the contracts do', async () => {
  await using stage = await openShop();
  const { db } = stage.service.context;
  const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => !value.includes('\0'));
  const samples = fc.sample(fc.tuple(text, text), { numRuns: 200, seed: 7 });
  const rows = await sql<{ id: string; token: string }>`
    SELECT event_id(type, key) AS id, subject_token(key) AS token
    FROM unnest(${samples.map(([type]) => type)}::text[], ${samples.map(([, key]) => key)}::text[])
      WITH ORDINALITY AS t(type, key, position) ORDER BY position`.execute(db);
  expect(rows.rows).toEqual(samples.map(([type, key]) => ({ id: eventId(type, key), token: token(key) })));
});

test('dates, instants, numerics and bigints are read from Postgres as exact text', async () => {
  await using stage = await openShop();
  const found = await sql`
    SELECT '2026-04-30'::date AS day, '2026-04-01 00:00:00.25+00'::timestamptz AS at, 0.1000::numeric AS price,
      9007199254740993::bigint AS many, ARRAY['2026-04-01 00:00:00+00'::timestamptz] AS instants,
      ARRAY[1.50::numeric] AS prices`.execute(stage.service.context.db);
  expect(found.rows[0]).toEqual({
    day: '2026-04-30',
    at: '2026-04-01T00:00:00.25Z',
    price: '0.1000',
    many: '9007199254740993',
    instants: ['2026-04-01T00:00:00Z'],
    prices: ['1.50'],
  });
});

test('events of a failed transaction are not published', async () => {
  await using stage = await openShop();
  const { context, bus } = stage.service;
  const attempt = context.transact<void>(async (tx) => {
    await tx.publish(orderPlaced, { order: 'a', revision: 1, amount: 1, lines: [] });
    throw new Error('changed my mind');
  });
  await expect(attempt).rejects.toThrow('changed my mind');
  await stage.service.settled();
  expect((await bus.jsm.streams.info('METERING')).state.messages).toBe(0);
});
