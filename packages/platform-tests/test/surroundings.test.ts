import { defineRequest, refuse } from '@arcadia/contracts';
import {
  busRights,
  createLog,
  forService,
  installerRights,
  operatorRights,
  startHealthServer,
  startInstaller,
  startService,
} from '@arcadia/platform';
import { startTestService, testActorVariables, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { orderPlaced, shop, till } from './echo-service.ts';
import { actor, openStage } from './stage.ts';

test('health reports which facts are ok and which are not, and metrics count messages', async () => {
  await using stage = await openStage();
  const server = await startHealthServer(stage.shop, { port: 0 });
  try {
    const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
    await stage.shop.context.transact((tx) =>
      tx.publish(orderPlaced, { order: 'a', revision: 1, amount: 1, lines: [] }),
    );
    await stage.settled();
    expect((await get('/health/live')).status).toBe(200);
    const ready = await get('/health/ready');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      service: 'metering',
      ok: true,
      facts: { nats: { ok: true }, postgres: { ok: true }, relay: { ok: true, waiting: 0 } },
    });
    expect(await (await get('/metrics')).text()).toContain(
      'arcadia_published_total{stream="METERING",service="metering"} 1',
    );
    stage.shop.context.health.report('sync', { ok: false, detail: 'the provider is unreachable' });
    const unready = await get('/health/ready');
    expect(unready.status).toBe(503);
    expect(await unready.json()).toMatchObject({
      ok: false,
      facts: { sync: { detail: 'the provider is unreachable' } },
    });
  } finally {
    await server.stop();
  }
});

test('services run with their rights alone: what one publishes reaches the other, and the server refuses it to the other', async () => {
  const users = [shop, till].map((definition) => ({
    name: definition.name,
    password: 'x',
    ...busRights(definition as never),
  }));
  await using nats = await throwawayNats({
    users: [...users, { name: 'installer', password: 'x', ...installerRights }],
  });
  await using database = await throwawayDatabase({ services: ['metering', 'invoicing'] });
  const env = (name: string) => ({ NATS_USER: name, NATS_PASSWORD: 'x', ...testActorVariables(name) });
  const log = createLog({ name: 'installer', level: 'silent' });
  const installer = await startInstaller({ env: { NATS_URL: nats.url, ...env('installer') }, log });
  try {
    await using selling = await startTestService(shop, {
      nats,
      database: { url: database.urlOf('metering') },
      env: env('metering'),
    });
    await using billing = await startTestService(till, {
      nats,
      database: { url: database.urlOf('invoicing') },
      env: env('invoicing'),
    });
    await selling.context.transact((tx) => tx.publish(orderPlaced, { order: 'a', revision: 1, amount: 1, lines: [] }));
    await expect
      .poll(async () => {
        const bills = await sql`SELECT * FROM bills`.execute(billing.context.db);
        return bills.rows.length;
      })
      .toBe(1);
    const foreign = billing.bus.nc.request('usage.reported.b', '{}', { timeout: 500 });
    await expect(foreign).rejects.toThrow(/Permissions Violation/);
    expect((await selling.bus.jsm.streams.info('METERING')).state.messages).toBe(1);
  } finally {
    await installer.stop();
  }
});

test('a refused NATS login fails the start at once with a ConfigError', async () => {
  await using nats = await throwawayNats({ users: [{ name: 'operator', password: 'x', ...operatorRights }] });
  await using database = await throwawayDatabase({ service: 'metering' });
  const login = { NATS_USER: 'metering', NATS_PASSWORD: 'wrong', ...testActorVariables('metering') };
  const env = { NATS_URL: nats.url, DATABASE_URL: database.url, ...login };
  const started = startService(shop, { env });
  await expect(started).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('refuses the login'),
  });
});

test('replicas that start at once on an empty database and server all start, and one relay leads', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const replicas = await Promise.all(Array.from({ length: 4 }, () => startTestService(shop, { nats, database })));
  try {
    const leaders = async () => {
      const healths = await Promise.all(replicas.map((replica) => replica.health()));
      return healths.filter((health) => health.facts['relay']?.['leader'] === true).length;
    };
    await expect.poll(leaders, { message: 'one relay leads' }).toBe(1);
  } finally {
    await Promise.all(replicas.map((replica) => replica.stop()));
  }
});

const download = defineRequest({
  name: 'file.download',
  service: 'drift',
  summary: 'A file of a given size.',
  effect: 'read',
  roles: ['tenant'],
  input: z.object({ bytes: z.int(), failAt: z.int().optional() }),
  output: z.object({ media_type: z.string() }),
  refusals: ['too-large'],
});

const makers = forService<unknown, null>();
const files = makers.defineService({
  name: 'drift',
  schema: null,
  config: () => null,
  migrations: {},
  publishes: [],
  consumes: [],
  answers: [
    makers.answerStream(download, async ({ input }) => {
      if (input.bytes > 50_000_000) return refuse('too-large', 'no file is that large');
      return { head: { media_type: 'text/plain' }, chunks: pieces(input.bytes, input.failAt) };
    }),
  ],
  jobs: [],
});

async function* pieces(bytes: number, failAt?: number) {
  for (let sent = 0; sent < bytes; sent += 10_000) {
    if (failAt !== undefined && sent >= failAt) throw new Error('the disk is gone');
    yield 'x'.repeat(Math.min(10_000, bytes - sent));
  }
}

test('a streamed file arrives whole, and one that fails half-way is an error instead of a shorter file', async () => {
  await using nats = await throwawayNats();
  await using service = await startTestService(files, { nats, database: null });
  const read = async (input: { bytes: number; failAt?: number }) => {
    const reply = await service.context.requestStream(download, input, { actor });
    if ('refused' in reply) return reply;
    let size = 0;
    for await (const chunk of reply.chunks as AsyncIterable<Uint8Array>) size += chunk.length;
    return { head: reply.head, size };
  };
  expect(await read({ bytes: 3_000_001 })).toEqual({ head: { media_type: 'text/plain' }, size: 3_000_001 });
  expect(await read({ bytes: 0 })).toMatchObject({ size: 0 });
  expect(await read({ bytes: 60_000_000 })).toMatchObject({ refused: 'too-large' });
  await expect(read({ bytes: 2_000_000, failAt: 1_000_000 })).rejects.toMatchObject({ name: 'ServiceFailed' });
});

test('a file that is offered and never fetched keeps no process from ending', async () => {
  await using nats = await throwawayNats();
  await using service = await startTestService(files, { nats, database: null });
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  for (let offer = 0; offer < 40; offer += 1) await service.context.requestStream(download, { bytes: 10 }, { actor });
  expect(timers() - before).toBeLessThan(20);
});
