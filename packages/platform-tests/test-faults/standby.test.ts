import { createLog, type RunningService, startService, untilQuiet } from '@arcadia/platform';
import { askService, startTestService, testEnv, throwawayNats, throwawayPostgresPair } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { placeOrder, shop, till } from '../test/echo-service.ts';
import { actor, ordersPublished } from '../test/stage.ts';

async function openServices(url: string, nats: { url: string }) {
  const log: string[] = [];
  const loud = createLog({ name: 'test', level: 'error', destination: { write: (line) => void log.push(line) } });
  const options = { env: testEnv({ url }, nats), log: loud, scheduler: false };
  const [selling, billing] = await Promise.all([startService(shop, options), startService(till, options)]);
  return { selling, billing, hasAlarm: () => log.some((line) => line.includes('behind the streams')) };
}

const stop = (services: readonly RunningService<never, never>[]) =>
  Promise.all(services.map((service) => service.stop()));

test('after a failover to a standby that has everything, services go on without a restart and without an alarm', async () => {
  await using nats = await throwawayNats();
  await using pair = await throwawayPostgresPair();
  const place = (order: string) => askService(nats, placeOrder, { order, amount: 5 }, { actor });
  const { selling, billing, hasAlarm } = await openServices(pair.url, nats);
  try {
    await place('before');
    await untilQuiet([selling, billing]);
    await expect.poll(pair.hasAll).toBe(true);
    await pair.failOver();
    await expect.poll(() => place('after').catch(() => null)).toMatchObject({ revision: expect.any(Number) });
    await untilQuiet([selling, billing]);
    const bills = await billing.context.db.selectFrom('bills').selectAll().orderBy('order_name').execute();
    expect(bills.map(({ order_name }) => order_name)).toEqual(['after', 'before']);
    expect(hasAlarm()).toBe(false);
    await expect.poll(async () => (await selling.health()).ok && (await billing.health()).ok).toBe(true);
  } finally {
    await stop([selling, billing] as never);
  }
});

test('after a failover to a standby that lacks the last seconds, services take them back from the streams', async () => {
  await using nats = await throwawayNats();
  await using pair = await throwawayPostgresPair();
  const place = (order: string) => askService(nats, placeOrder, { order, amount: 5 }, { actor });
  const { selling, billing, hasAlarm } = await openServices(pair.url, nats);
  try {
    await place('early');
    await untilQuiet([selling, billing]);
    await expect.poll(pair.hasAll).toBe(true);
    await pair.cutOff();
    for (const order of ['early', 'late', 'ship-late']) await place(order);
    await untilQuiet([selling, billing]);
    expect(await ordersPublished(selling)).toBe(4);
    await pair.failOver();
    expect(await Promise.all([selling.failed, billing.failed])).toEqual([
      expect.stringContaining('behind the streams'),
      expect.stringContaining('behind the streams'),
    ]);
    expect(hasAlarm()).toBe(true);
  } finally {
    await stop([selling, billing] as never);
  }
  await using again = await startTestService(shop, { nats, database: pair });
  await using billingAgain = await startTestService(till, { nats, database: pair });
  await untilQuiet([again, billingAgain]);
  expect(await again.context.db.selectFrom('orders').selectAll().orderBy('name').execute()).toMatchObject([
    { name: 'early', revision: 2 },
    { name: 'late', revision: 1 },
    { name: 'ship-late', revision: 1 },
  ]);
  expect(await billingAgain.context.db.selectFrom('bills').selectAll().orderBy('order_name').execute()).toMatchObject([
    { order_name: 'early', revision: 2 },
    { order_name: 'late', revision: 1 },
    { order_name: 'ship-late', revision: 1 },
  ]);
  expect(await place('late')).toEqual({ revision: 2 });
  await untilQuiet([again, billingAgain]);
  expect(await ordersPublished(again)).toBe(5);
});
