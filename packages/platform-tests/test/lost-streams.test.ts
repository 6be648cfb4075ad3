import { forService } from '@arcadia/platform';
import { startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { billWritten, orderPlaced, type ShopTables, shop } from './echo-service.ts';
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
