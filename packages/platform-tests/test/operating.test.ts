import {
  isRefusal,
  jobListRequest,
  republishLogRequest,
  republishRequest,
  serviceStateRequest,
} from '@arcadia/contracts';
import { dismissDeadLetter, listDeadLetters, requeueDeadLetter } from '@arcadia/platform';
import { askService, eventually, installAt, publishEvent, publishRaw } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { orderPlaced, placeOrder, poison } from './echo-service.ts';
import { openStage, operator } from './stage.ts';

test('a service reports its outbox and its dead letters, and the owner of a stream publishes a message again for one consumer', async () => {
  await using stage = await openStage();
  await publishEvent(stage.nats, orderPlaced, { order: 'poison', revision: 1, amount: 1, lines: [] });
  const letter = await eventually(
    'the message is parked',
    async () => (await stage.till.context.deadLetters.list({ after: 0, limit: 10 }))[0],
  );
  expect(letter).toMatchObject({ service: 'invoicing', consumer: 'orders', fault: 'handler-failed' });
  const state = await askService(stage.nats, serviceStateRequest('invoicing'), {}, { actor: operator });
  expect(state).toMatchObject({ service: 'invoicing', status: 'not-ready', dead_letters: 1 });
  const facts = isRefusal(state) ? [] : state.facts;
  expect(facts.find(({ name }) => name === 'relay')).toMatchObject({ ok: true, waiting: 0 });

  const { stream, seq, headers } = letter.origin;
  const again = {
    stream,
    seq,
    message_id: headers['Nats-Msg-Id'] ?? '',
    for: 'invoicing/orders',
    letter: letter.number,
  };
  const other = { ...again, message_id: 'another' };
  expect(await askService(stage.nats, republishRequest('metering'), other, { actor: operator })).toMatchObject({
    refused: 'message-gone',
  });
  poison.isFixed = true;
  try {
    expect(await askService(stage.nats, republishRequest('metering'), again, { actor: operator })).toEqual({ seq });
    await expect.poll(async () => (await stage.bills()).map((bill) => bill.order_name)).toEqual(['poison']);
  } finally {
    poison.isFixed = false;
  }
});

test('a dead letter is believed about the service of its subject only, and what is requeued is read on its stream', async () => {
  await using stage = await openStage();
  const { bus } = stage.till;
  await publishEvent(stage.nats, orderPlaced, { order: 'honest', revision: 1, amount: 1, lines: [] });
  await stage.settled();
  const message = await bus.jsm.streams.getMessage('METERING', { seq: 1 });
  const payload = JSON.stringify({ order: 'forged', revision: 1, amount: 1_000, lines: [] });
  const headers = Object.fromEntries([...(message?.header ?? [])].map(([name, values]) => [name, values[0]]));
  const origin = { stream: 'METERING', seq: 1, subject: message?.subject, headers, payload };
  const letter = {
    ...{ service: 'invoicing', consumer: 'orders', fault: 'handler-failed', detail: 'x', attempts: 1 },
    ...{ parked_at: '2026-04-01T00:00:00Z', origin },
  };
  const other = { ...origin, seq: 7, headers: { ...headers, 'Nats-Msg-Id': 'other' } };
  const forged: [subject: string, letter: object][] = [
    ['dead.drift.orders', letter],
    ['dead.invoicing.others', letter],
    ['dead.drift.orders', { ...letter, service: 'unknown' }],
    ['dead.drift.orders', { ...letter, service: 'drift', attempts: 'many' }],
    ['dead.drift.orders', { ...letter, service: 'drift', parked_at: 'x'.repeat(100_000) }],
    ['dead.invoicing.orders', letter],
    ['dead.invoicing.orders', { ...letter, origin: other }],
  ];
  for (const [subject, content] of forged) await publishRaw(stage.nats, { subject, payload: JSON.stringify(content) });
  const unreadable = forged
    .slice(0, -2)
    .map(([subject], index) => [index + 1, ...subject.split('.').slice(1), 'unreadable']);
  const listed = (await listDeadLetters(bus)).toReversed();
  expect(listed.map(({ number, service, consumer, fault }) => [number, service, consumer, fault])).toEqual([
    ...unreadable,
    [6, 'invoicing', 'orders', 'handler-failed'],
    [7, 'invoicing', 'orders', 'handler-failed'],
  ]);
  expect(Math.max(...listed.map(({ detail }) => detail.length))).toBeLessThan(5_000);
  for (const [number] of unreadable)
    await expect(requeueDeadLetter(bus, Number(number))).rejects.toThrow('cannot be read');
  await expect(requeueDeadLetter(bus, 7)).rejects.toThrow('no longer at METERING:7');
  await requeueDeadLetter(bus, 6);
  await dismissDeadLetter(bus, 7);
  await stage.settled();
  expect((await bus.jsm.streams.getMessage('METERING', { seq: 2 }))?.string()).toBe(message?.string());
  expect(await stage.bills()).toEqual([{ order_name: 'honest', revision: 1, amount: 1 }]);
});

test('the runs of jobs are listed with their state', async () => {
  await using stage = await openStage();
  await stage.shop.runJob('nightly', '2026-04-02T01:10:00Z');
  const answer = await askService(
    stage.nats,
    jobListRequest('metering'),
    { limit: 10, after: null, total: true },
    { actor: operator },
  );
  expect(isRefusal(answer) ? null : answer.total).toBe(1);
  expect(isRefusal(answer) ? [] : answer.items).toMatchObject([
    { service: 'metering', job: 'nightly', state: 'done', attempt: 1, error: null },
  ]);
});

test('a service publishes its log again after its stream was lost, with the same ids, and nothing is handled twice', async () => {
  await using stage = await openStage();
  const place = (order: string) => askService(stage.nats, placeOrder, { order, amount: 5 }, { actor: operator });
  for (const order of ['a', 'b', 'c']) await place(order);
  await expect.poll(async () => (await stage.bills()).length).toBe(3);
  const { jsm } = stage.shop.bus;
  const idsOf = async () => {
    const { state } = await jsm.streams.info('METERING');
    const ids: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1)
      ids.push((await jsm.streams.getMessage('METERING', { seq }))?.header.get('Nats-Msg-Id') ?? '');
    return ids;
  };
  const before = await idsOf();
  const again = (force: boolean) =>
    askService(stage.nats, republishLogRequest('metering'), { force }, { actor: operator });
  // A stream that holds the whole log is left alone.
  expect(await again(false)).toMatchObject({ streams: [{ stream: 'METERING', republished: 0 }, { republished: 0 }] });

  await jsm.streams.delete('METERING');
  await installAt(stage.nats.url);
  const reply = await again(false);
  expect(reply).toMatchObject({ streams: [{ stream: 'METERING', logged: before.length }, { stream: 'AUDIT' }] });
  await expect.poll(async () => new Set(await idsOf().catch(() => [])), { timeout: 30_000 }).toEqual(new Set(before));
  await expect.poll(() => place('d').catch(() => null)).toEqual({ revision: 1 });
  await expect
    .poll(async () => (await stage.bills()).map(({ order_name }) => order_name), { timeout: 40_000 })
    .toEqual(['a', 'b', 'c', 'd']);
}, 150_000);
