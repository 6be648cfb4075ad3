import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LocalNats, startNats } from '@arcadia/local-infrastructure';
import { createLog, observeFailpoints, startService, untilQuiet } from '@arcadia/platform';
import { installAt, readRows, startTestService, throwawayDatabase } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { orderPlaced, shop, till } from './echo-service.ts';

const order = (index: number) => ({ order: `o${index}`, revision: 1, amount: 1, lines: [] });

/** A nats-server with a store that can be put back to an earlier state, as by a restored disk or a lost page cache. */
async function rollbackable() {
  const folder = mkdtempSync(path.join(tmpdir(), 'arcadia-rollback-'));
  const store = path.join(folder, 'store');
  const copy = path.join(folder, 'copy');
  let server: LocalNats = await startNats({ storeDir: store });
  await installAt(server.url);
  const { port, url } = server;
  const restart = async () => {
    server = await startNats({ storeDir: store, port });
  };
  return {
    url,
    async saveStore() {
      await server.stop();
      cpSync(store, copy, { recursive: true });
      await restart();
    },
    async rollBack(prepare: () => Promise<void> = async () => undefined) {
      await server.kill();
      rmSync(store, { recursive: true });
      cpSync(copy, store, { recursive: true });
      await prepare();
      await restart();
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

test('messages that a stream lost after acknowledging are published again with an alarm, and every consumer handles them', async () => {
  await using nats = await rollbackable();
  await using database = await throwawayDatabase({ services: ['metering', 'invoicing'] });
  const lines: string[] = [];
  const log = createLog({ name: 'metering', level: 'error', destination: { write: (line) => void lines.push(line) } });
  const env = { NATS_URL: nats.url, DATABASE_URL: database.urlOf('metering') };
  const selling = await startService(shop, { env, log, scheduler: false });
  try {
    await using billing = await startTestService(till, { nats, database: { url: database.urlOf('invoicing') } });
    const place = (from: number, to: number) =>
      selling.context.transact((tx) =>
        tx.publish(
          orderPlaced,
          Array.from({ length: to - from }, (_, index) => order(from + index)),
        ),
      );
    await place(0, 50);
    await untilQuiet([selling, billing]);
    await nats.saveStore();
    await expect
      .poll(() => selling.bus.isConnected() && billing.bus.isConnected(), { message: 'both are back' })
      .toBe(true);
    await place(50, 150);
    await untilQuiet([selling, billing]);
    await nats.rollBack();
    await expect
      .poll(async () => {
        const { state } = await selling.bus.jsm.streams.info('METERING');
        return state.messages;
      })
      .toBeGreaterThanOrEqual(150);
    await place(150, 160);
    await expect
      .poll(async () => {
        const bills = await sql<{ n: string }>`SELECT count(*) AS n FROM bills`.execute(billing.context.db);
        return bills.rows[0]?.n;
      })
      .toBe('160');
    // Another consumer writes these, in its own time.
    await expect
      .poll(async () => {
        const noted = await sql<{ n: string }>`SELECT count(*) AS n FROM noted`.execute(billing.context.db);
        return noted.rows[0]?.n;
      })
      .toBe('160');
    expect(lines.some((line) => line.includes('"alarm":true') && line.includes('METERING'))).toBe(true);
    await untilQuiet([selling, billing]);
  } finally {
    await selling.stop();
  }
});

test('a replica that starts while another has a consumer begin again, because a stream was made anew, takes no database for set back', async () => {
  await using nats = await rollbackable();
  await using database = await throwawayDatabase({ services: ['metering', 'invoicing'] });
  const lines: string[] = [];
  const log = createLog({ name: 'invoicing', level: 'error', destination: { write: (line) => void lines.push(line) } });
  const hasFalseAlarm = () => lines.some((line) => line.includes('behind the streams'));
  const start = () =>
    startService(till, {
      env: { NATS_URL: nats.url, DATABASE_URL: database.urlOf('invoicing'), DATABASE_CONNECTIONS: '2' },
      log,
      scheduler: false,
    });
  const isWaiting = async () => {
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`;
    return (await readRows({ url: database.adminUrl }, waiting)).length > 0;
  };
  const bills = async () =>
    (await readRows({ url: database.adminUrl }, 'SELECT order_name FROM invoicing.bills')).length;
  const sell = async (...ranges: [from: number, to: number, between?: () => Promise<void>][]) => {
    await using selling = await startTestService(shop, { nats, database: { url: database.urlOf('metering') } });
    for (const [from, to, between] of ranges) {
      const orders = Array.from({ length: to - from }, (_, index) => order(from + index));
      await selling.context.transact((tx) => tx.publish(orderPlaced, orders));
      await expect.poll(bills).toBe(to);
      await untilQuiet([selling, ...started]);
      await between?.();
      await expect.poll(() => selling.bus.isConnected()).toBe(true);
    }
  };
  const started = [await start()];
  try {
    await sell([0, 20, nats.saveStore], [20, 50]);
    // A consumer of the service begins again; in the middle of that, a second replica starts.
    let hasBegun = false;
    const second = Promise.withResolvers<unknown>();
    observeFailpoints(async (name) => {
      if (name !== 'consumer.forgotten' || hasBegun) return;
      hasBegun = true;
      second.resolve(start().then((service) => started.push(service)));
      await expect.poll(async () => hasFalseAlarm() || (await isWaiting()), { timeout: 20_000 }).toBe(true);
    });
    await nats.rollBack();
    await expect.poll(() => hasBegun, { timeout: 30_000 }).toBe(true);
    await second.promise;
    await sell([50, 60]);
    expect(hasFalseAlarm()).toBe(false);
    expect(lines.some((line) => line.includes('which was rolled back'))).toBe(true);
  } finally {
    observeFailpoints(null);
    for (const service of started) await service.stop();
  }
});

test('a stream rolled back before the next batch is recognised by the sequence numbers that it assigns', async () => {
  await using nats = await rollbackable();
  await using database = await throwawayDatabase({ services: ['metering'] });
  await using selling = await startTestService(shop, { nats, database });
  const place = (index: number) => selling.context.transact((tx) => tx.publish(orderPlaced, order(index)));
  await place(0);
  await selling.settled();
  await nats.saveStore();
  await expect.poll(() => selling.bus.isConnected(), { message: 'the connection is back' }).toBe(true);
  for (const index of [1, 2, 3]) await place(index);
  await selling.settled();
  await nats.rollBack(async () => {
    for (const index of [4, 5, 6, 7, 8]) await place(index);
  });
  await expect
    .poll(async () => {
      const { state } = await selling.bus.jsm.streams.info('METERING', { subjects_filter: '>' });
      return Object.keys(state.subjects ?? {}).length;
    })
    .toBe(9);
  await selling.settled();
});
