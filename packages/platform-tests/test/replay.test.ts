import { publishEvent, publishRaw } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { orderPlaced } from './echo-service.ts';
import { openStage, type Stage } from './stage.ts';

const order = (number: number, lines: string[] = []) => ({ order: `o${number}`, revision: 1, amount: number, lines });
const orders = (from: number, count: number) => Array.from({ length: count }, (_, index) => order(from + index));

async function replayAll(stage: Stage, onBatch: () => Promise<void> = async () => undefined) {
  const read = { events: [] as number[], lines: [] as number[], unreadable: [] as number[] };
  for await (const { events, unreadable } of stage.till.context.replay([orderPlaced])) {
    read.events.push(...events.map(({ data }) => data.amount));
    read.lines.push(...events.map(({ data }) => data.lines.length));
    read.unreadable.push(...unreadable.map(({ seq }) => seq));
    await onBatch();
  }
  return read;
}

test('a replay returns a whole stream in order, with divided messages put together and unreadable ones listed', async () => {
  await using stage = await openStage();
  expect(await replayAll(stage)).toEqual({ events: [], lines: [], unreadable: [] });
  await publishEvent(stage.nats, orderPlaced, orders(0, 1_500));
  await publishRaw(stage.nats, {
    subject: 'usage.reported.broken',
    payload: 'no JSON',
    headers: { 'ce-id': 'broken', 'ce-type': 'usage.reported' },
  });
  const long = order(
    1_500,
    Array.from({ length: 30_000 }, (_, index) => `a line of some length, number ${index}`),
  );
  await stage.shop.context.transact((tx) => tx.publish(orderPlaced, long));
  await stage.settled();
  await publishEvent(stage.nats, orderPlaced, order(1_501));
  const read = await replayAll(stage);
  expect(read.events).toEqual(Array.from({ length: 1_502 }, (_, index) => index));
  expect(read.lines.indexOf(30_000)).toBe(1_500);
  expect(read.unreadable).toEqual([1_501]);
});

test('a replay does not return events published while it reads, and leaves no consumer behind', async () => {
  await using stage = await openStage();
  await publishEvent(stage.nats, orderPlaced, orders(0, 1_200));
  let more = 10_000;
  const read = await replayAll(stage, async () => {
    await publishEvent(stage.nats, orderPlaced, order((more += 1)));
  });
  expect(read.events).toEqual(Array.from({ length: 1_200 }, (_, index) => index));
  const consumers = await stage.till.bus.jsm.consumers.list('METERING').next();
  expect(consumers.map(({ name }) => name).sort()).toEqual(['invoicing_notes', 'invoicing_orders']);
});

test('a replay during which the server is killed misses no message and returns none twice', async () => {
  await using stage = await openStage({ durable: true });
  await publishEvent(stage.nats, orderPlaced, orders(0, 5_000));
  let batches = 0;
  const read = await replayAll(stage, async () => {
    batches += 1;
    if (batches !== 2) return;
    await stage.nats.kill();
    await stage.nats.start();
  });
  expect(read.events).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
});
