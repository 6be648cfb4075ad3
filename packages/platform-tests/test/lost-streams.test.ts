import { forService } from '@arcadia/platform';
import { installAt, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { billWritten, orderPlaced, type ShopTables, ship, shop } from './echo-service.ts';
import { ordersPublished } from './stage.ts';

const order = (name: string) => ({ order: name, revision: 1, amount: 1, lines: [] });

/** The relay publishes what waits in the outbox while the service is still starting its many consumers. */
const busyShop = {
  ...shop,
  consumes: Array.from({ length: 25 }, (_, index) =>
    forService<ShopTables, { greeting: string }>().consumer({
      name: `bills-${index}`,
      consumes: [billWritten],
      handle: async () => undefined,
    }),
  ),
};

/**
 * Starts the service on a nats-server that has none of its messages. At the end the server goes away, and further messages wait in
 * the outbox.
 */
async function startOnEmptyServer(database: { url: string }, expected: number, waiting: number) {
  await using nats = await throwawayNats();
  await using service = await startTestService(busyShop, { nats, database });
  await expect.poll(() => ordersPublished(service), { timeout: 20_000 }).toBe(expected);
  await service.settled();
  await nats.stop();
  for (let index = 0; index < waiting; index += 1)
    await service.context.transact((tx) => tx.publish(orderPlaced, order(`o${expected + index}`)));
}

test('a service that starts on an empty nats-server publishes everything again, also what its outbox did not hold', async () => {
  await using database = await throwawayDatabase({ services: ['metering'] });
  let expected = 0;
  for (const waiting of [3, 0]) {
    await startOnEmptyServer({ url: database.urlOf('metering') }, expected, waiting);
    expected += waiting;
  }
});

test('jobs are done again after their stream, or the consumer of their queue, was lost under a running service', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['metering'] });
  await using service = await startTestService(shop, { nats, database });
  const run = async (order: string): Promise<void> => {
    await service.context.transact((tx) => tx.enqueue(ship, { order }));
    const ran = async () => (await sql`SELECT 1 FROM ran WHERE day = ${order}`.execute(service.context.db)).rows.length;
    await expect.poll(ran, { timeout: 60_000 }).toBe(1);
  };
  await run('first');
  const [queue] = (await Array.fromAsync(service.bus.jsm.consumers.list('JOBS')))
    .map(({ name }) => name)
    .filter((name) => name.endsWith('_ship'));
  await service.bus.jsm.consumers.delete('JOBS', queue ?? '');
  await run('after its consumer was deleted');
  await service.bus.jsm.streams.delete('JOBS');
  await installAt(nats.url);
  await run('after the stream was deleted');
});
