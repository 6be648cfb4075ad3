import { encodeEvent } from '@arcadia/platform';
import { publishedEvents } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { orderPlaced } from './echo-service.ts';
import { openStage } from './stage.ts';

test('a long event that is published compressed is stored so, and is received, replayed and followed as any other', async () => {
  await using stage = await openStage();
  const { context, bus } = stage.shop;
  const lines = Array.from({ length: 1_000 }, (_, index) => `the line ${index} of a long order`);
  const followed: unknown[] = [];
  const stop = new AbortController();
  const following = stage.till.context.follow([orderPlaced], {
    ...{ since: () => Temporal.Instant.from('2000-01-01T00:00:00Z'), signal: stop.signal },
    ...{ onStart: () => undefined, onCaughtUp: () => undefined, onEvent: ({ data }) => void followed.push(data) },
  });
  const orders = [
    { order: 'long', revision: 1, amount: 5, lines },
    { order: 'short', revision: 1, amount: 5, lines: ['one'] },
  ];
  for (const order of orders) {
    const messages = encodeEvent(orderPlaced, order, { occurredAt: context.clock.now(), headers: null });
    await context.transact((tx) => tx.publishEncoded(orderPlaced, messages, { isCompressed: true }));
  }
  await stage.settled();
  const [long, short] = await Promise.all([1, 2].map((seq) => bus.jsm.streams.getMessage('METERING', { seq })));
  expect([long?.header.get('arcadia-coding'), short?.header.get('arcadia-coding')]).toEqual(['zstd', '']);
  expect(long?.data.length).toBeLessThan(JSON.stringify(orders[0]).length / 2);
  expect(short?.json()).toEqual(orders[1]);
  expect(await publishedEvents({ url: stage.database.urlOf('metering') }, orderPlaced)).toMatchObject(
    orders.map((data) => ({ data })),
  );
  expect(await stage.bills()).toMatchObject([{ order_name: 'long' }, { order_name: 'short' }]);
  await expect.poll(() => followed).toEqual(orders);
  stop.abort();
  await following;
});
