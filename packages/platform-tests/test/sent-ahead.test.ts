import { armFailpoints, type Bus, observeFailpoints } from '@arcadia/platform';
import { startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { orderPlaced, type ShopTables, shop } from './echo-service.ts';

// The relay sends most of a batch before the one before it is stored. Each outbox here fills several batches.
const count = 5_000;

afterEach(() => {
  armFailpoints('');
  observeFailpoints(null);
});

/** Commits the revisions 1 to `count` of one order at once. */
const commitAll = ({ context }: Awaited<ReturnType<typeof startTestService<ShopTables, { greeting: string }>>>) =>
  context.transact((tx) =>
    tx.publishFrom(
      orderPlaced,
      sql`SELECT 'k:' || n AS key, 'usage.reported.k' AS subject,
        json_build_object('order', 'k', 'revision', n, 'amount', n, 'lines', '[]'::json) AS data
        FROM generate_series(1, ${count}::int) AS n ORDER BY n`,
    ),
  );

async function revisionsOf(bus: Bus): Promise<number[]> {
  const { state } = await bus.jsm.streams.info('METERING');
  const revisions: number[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const message = await bus.jsm.streams.getMessage('METERING', { seq });
    revisions.push(message?.json<{ revision: number }>().revision ?? 0);
  }
  return revisions;
}

const inOrder = Array.from({ length: count }, (_, index) => index + 1);

test('messages sent ahead are stored once and in order when nats-server is killed before the last of their batch', async () => {
  await using nats = await throwawayNats({ durable: true });
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  let sent = 0;
  observeFailpoints(async (name) => {
    if (name !== 'publish.after-send') return;
    sent += 1;
    if (sent !== 2 && sent !== 4) return;
    await nats.kill();
    await nats.start();
  });
  await commitAll(service);
  await service.settled(60_000);
  expect(await revisionsOf(service.bus)).toEqual(inOrder);
});

test('a relay that ends after it has sent ahead loses nothing, and the next one keeps the order', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  armFailpoints('relay.after-publish=throw@2');
  await commitAll(service);
  await service.settled(60_000);
  expect(await revisionsOf(service.bus)).toEqual(inOrder);
});

test('messages sent ahead are published when the server has forgotten them', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  let published = 0;
  observeFailpoints(async (name) => {
    if (name !== 'relay.after-publish') return;
    published += 1;
    // The server forgets an unfinished batch after ten seconds without a message of it.
    if (published === 2) await new Promise((resolve) => setTimeout(resolve, 11_000));
  });
  await commitAll(service);
  await service.settled(60_000);
  expect(await revisionsOf(service.bus)).toEqual(inOrder);
});
