import { observeFailpoints, untilQuiet } from '@arcadia/platform';
import { startTestService, throwawayDatabase, throwawayNats, throwawayPostgres } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { orderPlaced, placeOrder, shop, till } from './echo-service.ts';
import { actor, openStage, ordersPublished } from './stage.ts';

test('when NATS stops and starts under load, no event is lost or doubled and the order holds', async () => {
  await using stage = await openStage({ durable: true });
  const { db } = stage.shop.context;
  let placed = 0;
  let loading = true;
  const load = (async () => {
    while (loading) {
      await paced();
      const name = `o${placed % 50}`;
      const revision = Math.floor(placed / 50) + 1;
      placed += 1;
      await stage.shop.context.transact((tx) =>
        tx.publish(orderPlaced, { order: name, revision, amount: revision, lines: [] }),
      );
    }
  })();
  await expect.poll(() => stage.bills(), { message: 'some are billed' }).toHaveLength(50);
  for (let outage = 0; outage < 2; outage += 1) {
    await stage.nats.kill();
    const before = placed;
    await expect.poll(() => placed, { message: 'commands still commit without NATS' }).toBeGreaterThan(before + 30);
    expect((await stage.shop.health()).facts['nats']).toMatchObject({ ok: false });
    await stage.nats.start();
    await expect
      .poll(async () => {
        const waiting = await sql<{ n: string }>`SELECT count(*) AS n FROM outbox`.execute(db);
        return Number(waiting.rows[0]?.n);
      })
      .toBeLessThan(20);
  }
  loading = false;
  await load;
  await stage.settled(30_000);
  const noted = await sql<{ n: string; keys: string }>`
    SELECT count(*) AS n, count(DISTINCT (order_name, revision)) AS keys FROM noted`.execute(stage.till.context.db);
  expect(noted.rows[0]).toEqual({ n: String(placed), keys: String(placed) });
  expect(await revisionsOutOfOrder(stage.shop)).toBe(0);
});

/** Limits the load to some hundreds of orders per second. */
const paced = () => new Promise((resolve) => setTimeout(resolve, 3));

/** Counts, in the order of the stream, how often a revision of an order comes before an older one. */
async function revisionsOutOfOrder(service: Awaited<ReturnType<typeof openStage>>['shop']): Promise<number> {
  const { state } = await service.bus.jsm.streams.info('METERING');
  const newest = new Map<string, number>();
  let inversions = 0;
  for (let seq = 1; seq <= state.last_seq; seq += 1) {
    const message = await service.bus.jsm.streams.getMessage('METERING', { seq });
    const { order, revision } = message?.json<{ order: string; revision: number }>() ?? { order: '', revision: 0 };
    if (revision < (newest.get(order) ?? 0)) inversions += 1;
    newest.set(order, Math.max(revision, newest.get(order) ?? 0));
  }
  return inversions;
}

test('when Postgres crashes during a consumer’s transaction, the consumer pauses and continues by itself', async () => {
  await using nats = await throwawayNats();
  await using postgres = await throwawayPostgres();
  await using service = await startTestService(till, { nats, database: { url: postgres.url } });
  let crashes = 0;
  observeFailpoints(async (name) => {
    if (name !== 'consumer.before-commit' || crashes >= 2) return;
    crashes += 1;
    await postgres.restart();
  });
  try {
    const { publishEvent } = await import('@arcadia/testkit');
    const orders = Array.from({ length: 100 }, (_, index) => ({
      order: `o${index}`,
      revision: 1,
      amount: 1,
      lines: [],
    }));
    await publishEvent(nats, orderPlaced, orders);
    await service.settled(25_000);
  } finally {
    observeFailpoints(null);
  }
  expect(crashes).toBe(2);
  const noted = await service.context.db.selectFrom('noted').selectAll().execute();
  expect(noted).toHaveLength(100);
  expect(await service.context.db.selectFrom('bills').selectAll().execute()).toHaveLength(100);
  expect((await service.health()).ok).toBe(true);
});

test('when Postgres crashes while commands run, each takes effect once or not at all and the service continues', async () => {
  await using nats = await throwawayNats();
  await using postgres = await throwawayPostgres();
  await using service = await startTestService(shop, { nats, database: { url: postgres.url } });
  const outcomes: Promise<unknown>[] = [];
  for (let index = 0; index < 200; index += 1) {
    const options = { actor, idempotencyKey: `key-${index}`, deadlineMs: 3_000 };
    outcomes.push(service.context.request(placeOrder, { order: `o${index}`, amount: 1 }, options).catch(() => null));
    if (index === 100) await postgres.restart();
  }
  await Promise.all(outcomes);
  const again = Array.from({ length: 200 }, (_, index) =>
    service.context.request(
      placeOrder,
      { order: `o${index}`, amount: 1 },
      { actor, idempotencyKey: `key-${index}`, deadlineMs: 30_000 },
    ),
  );
  expect(await Promise.all(again)).toEqual(Array.from({ length: 200 }, () => ({ revision: 1 })));
  await service.settled();
  expect(await ordersPublished(service)).toBe(200);
});

test('a request sent while NATS is down fails at once, not after its deadline', async () => {
  await using stage = await openStage();
  await stage.nats.kill();
  await expect.poll(() => stage.shop.bus.isConnected(), { message: 'the lost connection is noticed' }).toBe(false);
  const started = Date.now();
  const answer = stage.shop.context.request(placeOrder, { order: 'x', amount: 1 }, { actor, deadlineMs: 20_000 });
  await expect(answer).rejects.toMatchObject({ name: 'ServiceUnavailable', service: 'metering' });
  expect(Date.now() - started).toBeLessThan(2_000);
  await stage.nats.start();
  await expect.poll(() => stage.shop.bus.isConnected(), { message: 'the connection is back' }).toBe(true);
  await untilQuiet([stage.shop, stage.till]);
});

test('a second replica takes over the relay when the first stops', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const first = await startTestService(shop, { nats, database });
  await using second = await startTestService(shop, { nats, database });
  await first.stop();
  await second.context.transact((tx) => tx.publish(orderPlaced, { order: 'a', revision: 1, amount: 1, lines: [] }));
  await second.settled();
  expect((await second.health()).facts['relay']).toMatchObject({ leader: true, waiting: 0 });
});
