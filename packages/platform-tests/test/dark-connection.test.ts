import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { askService, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { orderPlaced, placeOrder, readOrder, shop } from './echo-service.ts';
import { actor } from './stage.ts';

/** A proxy before a server that can go dark: nothing passes any more, and no connection is closed. */
async function darkening(url: string) {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let isDark = false;
  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(port) });
    const pass = (to: Socket) => (chunk: Buffer) => void (isDark || to.write(chunk));
    client.on('data', pass(upstream)).on('close', () => isDark || upstream.destroy());
    upstream.on('data', pass(client)).on('close', () => isDark || client.destroy());
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined);
      sockets.add(socket);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const own = typeof address === 'object' && address !== null ? address.port : 0;
  const through = new URL(url);
  through.host = `127.0.0.1:${own}`;
  return {
    url: through.toString(),
    goDark: () => {
      isDark = true;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a service whose connections to Postgres go dead reports it in its health, and stops without waiting for them', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['metering'] });
  await using proxy = await darkening(database.urlOf('metering'));
  await using near = await startTestService(shop, { nats, database: { url: proxy.url } });
  const relayOf = async () => (await near.health()).facts['relay'];
  await expect.poll(relayOf, { timeout: 10_000 }).toMatchObject({ leader: true });

  proxy.goDark();
  await expect.poll(relayOf, { timeout: 15_000, interval: 500 }).not.toMatchObject({ leader: true });
  expect((await near.health()).ok).toBe(false);

  const begun = performance.now();
  await near.stop();
  expect(performance.now() - begun).toBeLessThan(10_000);
});

test('a replica whose host vanished gets no requests any more after 15 seconds', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['metering'] });
  await using proxy = await darkening(nats.url);
  const url = database.urlOf('metering');
  await using _near = await startTestService(shop, { nats, database: { url } });
  await using _far = await startTestService(shop, { nats: proxy, database: { url } });
  await askService(nats, placeOrder, { order: 'o1', amount: 1 }, { actor });
  const read = () => askService(nats, readOrder, { order: 'o1' }, { actor, deadlineMs: 1_000 });
  const answered = async () =>
    (await Promise.allSettled(Array.from({ length: 20 }, read))).filter(({ status }) => status === 'fulfilled').length;
  expect(await answered()).toBe(20);
  proxy.goDark();
  expect(await answered()).toBeLessThan(20);
  await expect.poll(answered, { timeout: 20_000 }).toBe(20);
});

test('a service that stops while all its connections are at work lets the work finish', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['metering'] });
  const env = { DATABASE_CONNECTIONS: '2' };
  await using service = await startTestService(shop, { nats, database: { url: database.urlOf('metering') }, env });
  const { db } = service.context;
  const work = Promise.all(
    [1, 2].map((item) => sql<{ item: number }>`SELECT ${item}::int AS item, pg_sleep(4)`.execute(db)),
  );
  await delay(1_000);
  const stopped = service.stop();
  const rows = (await work).map(({ rows: [row] }) => row?.item);
  await stopped;
  expect(rows).toEqual([1, 2]);
});

test('the server drops a client that vanished within 15 seconds, and no statement waits for ever', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['metering'] });
  await using service = await startTestService(shop, { nats, database: { url: database.urlOf('metering') } });
  const { rows } = await sql<{ name: string; setting: string }>`
    SELECT name, setting FROM pg_settings
    WHERE name IN ('tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count', 'statement_timeout')`.execute(
    service.context.db,
  );
  const seconds = new Map(rows.map(({ name, setting }) => [name, Number(setting)]));
  const of = (name: string) => seconds.get(name) ?? 0;
  expect(of('tcp_keepalives_idle')).toBeGreaterThan(0);
  expect(of('tcp_keepalives_idle') + of('tcp_keepalives_interval') * of('tcp_keepalives_count')).toBeLessThanOrEqual(
    15,
  );
  expect(of('statement_timeout')).toBeGreaterThan(0);
  await service.context.transact((tx) => tx.publish(orderPlaced, { order: 'o1', revision: 1, amount: 1, lines: [] }));
});

test('a migration may take as long as it needs, although every other statement has a limit', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['metering'] });
  const up = (db: Kysely<unknown>) =>
    sql`CREATE TABLE limits AS SELECT current_setting('statement_timeout') AS migrating`
      .execute(db)
      .then(() => undefined);
  const migrations = { ...shop.migrations, '9999-limits': { up } };
  const definition = { ...shop, migrations };
  await using service = await startTestService(definition, { nats, database: { url: database.urlOf('metering') } });
  const { rows } = await sql<{ migrating: string; working: string }>`
    SELECT migrating, current_setting('statement_timeout') AS working FROM limits`.execute(service.context.db);
  expect(rows).toEqual([{ migrating: '0', working: '15min' }]);
});
