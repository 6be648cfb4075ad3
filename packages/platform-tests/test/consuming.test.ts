import { dismissDeadLetter, listDeadLetters, requeueDeadLetter, showDeadLetter } from '@arcadia/platform';
import { eventually, publishEvent, publishRaw, startTestService } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { orderPlaced, poison, till } from './echo-service.ts';
import { openStage, type Stage } from './stage.ts';

const order = (name: string, revision = 1, lines: string[] = []) => ({
  order: name,
  revision,
  amount: revision * 10,
  lines,
});

const sightings = (stage: Stage) =>
  stage.till.context.db.selectFrom('sightings').selectAll().orderBy('order_name').orderBy('revision').execute();

test('a message delivered three times takes effect once', async () => {
  await using stage = await openStage();
  for (const copy of ['a', 'b', 'c']) {
    await publishEvent(stage.nats, orderPlaced, order('lamp'), { headers: { 'Nats-Msg-Id': copy } });
  }
  await stage.settled();
  expect(await stage.bills()).toEqual([{ order_name: 'lamp', revision: 1, amount: 10 }]);
  const inbox = await sql`SELECT * FROM noted`.execute(stage.till.context.db);
  expect(inbox.rows).toHaveLength(1);
});

test('the newest revision of an order remains, in whatever order its events arrive', async () => {
  await using stage = await openStage();
  for (const revision of [3, 1, 4, 2]) await publishEvent(stage.nats, orderPlaced, order('lamp', revision));
  await stage.settled();
  expect(await stage.bills()).toEqual([{ order_name: 'lamp', revision: 4, amount: 40 }]);
});

test('a poison message is parked with its cause, and the other messages of its batch are handled', async () => {
  await using stage = await openStage();
  const names = Array.from({ length: 40 }, (_, index) => (index === 20 ? 'poison' : `order-${index}`));
  await publishEvent(
    stage.nats,
    orderPlaced,
    names.map((name) => order(name)),
  );
  await expect.poll(() => stage.bills(), { message: 'the other orders are billed' }).toHaveLength(39);
  const parked = await eventually('the message is parked', async () => {
    const [letter] = await listDeadLetters(stage.till.bus);
    return letter;
  });
  expect(parked).toMatchObject({ service: 'invoicing', consumer: 'orders', fault: 'handler-failed', attempts: 3 });
  expect(parked.detail).toContain('is poison');
  expect(parked.origin).toMatchObject({ stream: 'METERING', subject: 'usage.reported.poison' });
  await stage.settled();
});

test('a parked message that is requeued after the fix is handled and leaves the list of dead letters', async () => {
  await using stage = await openStage();
  await publishEvent(stage.nats, orderPlaced, order('poison'));
  const parked = await eventually('the message is parked', async () => (await listDeadLetters(stage.till.bus))[0]);
  poison.isFixed = true;
  try {
    await requeueDeadLetter(stage.till.bus, parked.number);
    await stage.settled();
  } finally {
    poison.isFixed = false;
  }
  expect(await stage.bills()).toEqual([{ order_name: 'poison', revision: 1, amount: 10 }]);
  expect(await listDeadLetters(stage.till.bus)).toEqual([]);
});

test('a message that was parked and dismissed is not parked again when its consumer begins again, but the same fault in another one is', async () => {
  await using stage = await openStage();
  const { bus } = stage.shop;
  await publishEvent(stage.nats, orderPlaced, order('poison'));
  const parked = await eventually('the message is parked', async () => (await listDeadLetters(bus))[0]);
  await dismissDeadLetter(bus, parked.number);
  await stage.settled();
  await stage.till.stop();
  await bus.jsm.consumers.delete('METERING', 'invoicing_orders');
  await using again = await startTestService(till, {
    nats: stage.nats,
    database: { url: stage.database.urlOf('invoicing') },
  });
  await publishEvent(stage.nats, orderPlaced, order('chair'));
  await expect.poll(() => again.context.db.selectFrom('bills').select('order_name').execute()).toHaveLength(1);
  await again.settled();
  expect(await listDeadLetters(bus)).toEqual([]);

  await publishEvent(stage.nats, orderPlaced, order('poison'), { headers: { 'Nats-Msg-Id': 'another' } });
  await expect.poll(() => listDeadLetters(bus)).toHaveLength(1);
});

test('an event of a newer version is parked, neither dropped nor handled', async () => {
  await using stage = await openStage();
  await publishEvent(stage.nats, orderPlaced, order('future'), { headers: { 'ce-dataversion': '2' } });
  await publishEvent(stage.nats, orderPlaced, order('present'));
  await stage.settled();
  expect((await stage.bills()).map((bill) => bill.order_name)).toEqual(['present']);
  // Either consumer may be the first to park it.
  const parked = (await listDeadLetters(stage.till.bus)).map((letter) => `${letter.consumer}: ${letter.fault}`);
  expect(parked.sort()).toEqual(['notes: newer-version', 'orders: newer-version']);
});

test('an event whose version or part is not a number is parked with its reason', async () => {
  await using stage = await openStage();
  for (const headers of [{ 'ce-dataversion': 'two' }, { 'ce-dataversion': '0.5' }, { 'arcadia-part': 'first' }])
    await publishEvent(stage.nats, orderPlaced, order(Object.values(headers).join()), { headers });
  await stage.settled();
  expect(await stage.bills()).toEqual([]);
  const letters = (await listDeadLetters(stage.till.bus)).filter(({ consumer }) => consumer === 'orders');
  expect(letters.map(({ fault, detail }) => `${fault}: ${detail}`).sort()).toEqual([
    expect.stringMatching(/^invalid-data: .*arcadia-part "first" .* is not of the form 1\/3$/),
    expect.stringMatching(/^invalid-data: .*ce-dataversion "0.5" .* is not a version/),
    expect.stringMatching(/^invalid-data: .*ce-dataversion "two" .* is not a version/),
  ]);
});

test('a message that is not JSON, not an event or breaks its contract is parked at once', async () => {
  await using stage = await openStage();
  const headers = {
    'ce-id': '00000000-0000-8000-8000-000000000001',
    'ce-type': 'usage.reported',
    'ce-dataversion': '1',
    'ce-time': '2026-04-01T00:00:00Z',
  };
  await publishRaw(stage.nats, {
    subject: 'usage.reported.x',
    payload: '{"order":',
    headers: { ...headers, 'Nats-Msg-Id': '1' },
  });
  await publishRaw(stage.nats, {
    subject: 'usage.reported.x',
    payload: '{"order":1}',
    headers: { ...headers, 'Nats-Msg-Id': '2' },
  });
  await publishRaw(stage.nats, { subject: 'usage.reported.x', payload: 'NaN' });
  await publishEvent(stage.nats, orderPlaced, order('fine'));
  await stage.settled();
  expect((await stage.bills()).map((bill) => bill.order_name)).toEqual(['fine']);
  const letters = await listDeadLetters(stage.till.bus);
  const faults = letters.filter((letter) => letter.consumer === 'orders').map((letter) => letter.fault);
  expect(faults.sort()).toEqual(['invalid-data', 'not-an-event', 'not-json']);
});

test('an event too large for one message is published in parts and handled whole, once', async () => {
  await using stage = await openStage();
  const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index} ${'x'.repeat(40)}`);
  await stage.shop.context.transact((tx) => tx.publish(orderPlaced, order('long', 1, lines)));
  await stage.settled();
  expect(await sightings(stage)).toEqual([{ order_name: 'long', revision: 1, lines: 30_000 }]);
  const { state } = await stage.shop.bus.jsm.streams.info('METERING');
  expect(state.messages).toBeGreaterThan(2);
  const left = await sql`SELECT * FROM parts`.execute(stage.till.context.db);
  expect(left.rows).toEqual([]);
});

test('stored parts of an event survive a stop of the consumer before the last part', async () => {
  await using stage = await openStage();
  const part = (index: number) => ({ 'arcadia-part': `${index}/2`, 'Nats-Msg-Id': `half-${index}` });
  await publishEvent(stage.nats, orderPlaced, order('half', 1, ['a', 'b']), { headers: part(1) });
  await stage.settled();
  expect(await stage.bills()).toEqual([]);
  await stage.till.stop();
  await publishEvent(stage.nats, orderPlaced, order('half', 1, ['c']), { headers: part(2) });
  const database = { url: stage.database.urlOf('invoicing') };
  await using again = await startTestService(till, { nats: stage.nats, database });
  await again.settled();
  const seen = await again.context.db.selectFrom('sightings').selectAll().execute();
  expect(seen).toEqual([{ order_name: 'half', revision: 1, lines: 3 }]);
});

test('ten thousand messages are handled in batches, each message once', async () => {
  await using stage = await openStage();
  const many = Array.from({ length: 10_000 }, (_, index) => order(`n${index}`));
  await publishEvent(stage.nats, orderPlaced, many);
  await stage.settled(30_000);
  expect(await stage.bills()).toHaveLength(10_000);
  const seen = await sql<{ n: string }>`SELECT count(*) AS n FROM noted`.execute(stage.till.context.db);
  expect(seen.rows[0]?.n).toBe('10000');
});

test('a message among the dead letters that is none is listed as unreadable, and can be dismissed but not requeued', async () => {
  await using stage = await openStage();
  await publishRaw(stage.nats, { subject: 'dead.metering.orders', payload: '{"stream":"OTHER","seq":1}' });
  await publishRaw(stage.nats, { subject: 'dead.invoicing.orders', payload: 'not json' });
  const { bus } = stage.till;
  const listed = await listDeadLetters(bus);
  expect(listed.map(({ number, service, consumer, fault }) => [number, service, consumer, fault])).toEqual([
    [2, 'invoicing', 'orders', 'unreadable'],
    [1, 'metering', 'orders', 'unreadable'],
  ]);
  expect(await showDeadLetter(bus, 1)).toMatchObject({ detail: '{"stream":"OTHER","seq":1}' });
  await expect(requeueDeadLetter(bus, 1)).rejects.toThrow('cannot be read and has nothing to requeue');
  await dismissDeadLetter(bus, 1);
  expect(await listDeadLetters(bus)).toHaveLength(1);
});
