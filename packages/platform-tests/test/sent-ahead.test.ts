import { armFailpoints, type Bus, observeFailpoints } from '@arcadia/platform';
import { startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { orderPlaced, type ShopTables, shop } from './echo-service.ts';

// The relay sends most of a batch before the one before it is stored, and reads the one behind it. Each outbox here fills several batches.
const count = 5_000;

afterEach(() => {
  armFailpoints('');
  observeFailpoints(null);
});

type Shop = Awaited<ReturnType<typeof startTestService<ShopTables, { greeting: string }>>>;

const revisions = (order: string, upTo: number) => sql`
  SELECT ${order} || ':' || n AS key, 'usage.reported.' || ${order} AS subject,
    json_build_object('order', ${order}::text, 'revision', n, 'amount', n, 'lines', '[]'::json) AS data
  FROM generate_series(1, ${upTo}::int) AS n ORDER BY n`;

/** Commits the revisions 1 to `count` of one order at once. */
const commitAll = ({ context }: Shop, upTo = count) =>
  context.transact((tx) => tx.publishFrom(orderPlaced, revisions('k', upTo)));

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

test('a transaction that took its number early and commits while batches are on their way overtakes those behind them, and none is published twice', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  const hasNumber = Promise.withResolvers<void>();
  const mayCommit = Promise.withResolvers<void>();
  const late = service.context.transact(async (tx) => {
    await tx.publishFrom(orderPlaced, revisions('late', 1));
    hasNumber.resolve();
    await mayCommit.promise;
  });
  await hasNumber.promise;
  let published = 0;
  observeFailpoints(async (name) => {
    if (name !== 'relay.after-publish') return;
    published += 1;
    if (published !== 13) return;
    mayCommit.resolve();
    await late;
  });
  const many = 25_000;
  await commitAll(service, many);
  await service.settled(60_000);
  const { jsm } = service.bus;
  expect((await jsm.streams.info('METERING')).state.messages).toBe(many + 1);
  // Every tenth read begins at the first pointer: the first time without the late one, which comes behind it.
  const found = await jsm.streams.getMessage('METERING', { last_by_subj: 'usage.reported.late' });
  expect(found?.seq).toBeLessThan(23_000);
  expect(await service.metrics.text()).not.toContain('arcadia_published_duplicates_total{');
});

test('a transaction of several batches is marked on each stream on which it goes on, also where the messages behind a batch do not show it', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  const orders = Array.from({ length: 2_000 }, (_, n) => ({ order: 'k', revision: n + 1, amount: 1, lines: [] }));
  // In the first batch a job and 999 orders; the other job is far behind it.
  await service.context.transact(async (tx) => {
    await tx.enqueue('ship', { order: 'first' });
    await tx.publish(orderPlaced, orders);
    await tx.enqueue('ship', { order: 'last' });
  });
  await service.settled(60_000);
  const mark = async (stream: string, seq: number) =>
    (await service.bus.jsm.streams.getMessage(stream, { seq }))?.header.get('arcadia-continues');
  expect([await mark('JOBS', 1), await mark('JOBS', 2)]).toEqual(['yes', '']);
  const marks = [998, 999, 1_000, 1_999, 2_000].map((seq) => mark('METERING', seq));
  expect(await Promise.all(marks)).toEqual(['', 'yes', '', 'yes', '']);
});
