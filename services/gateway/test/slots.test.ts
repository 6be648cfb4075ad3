import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { billingIngest } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { openStage, operator, problemIn, type RunningGateway, startNeighbour, tenantUser, tokenOf } from './stage.ts';

/** Sends a request on a socket of its own and waits for the first bytes of the answer. */
const open = async (gateway: RunningGateway, path: string, token: string): Promise<Socket> => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
  await once(socket, 'data');
  return socket;
};

const statusOf = async (gateway: RunningGateway, path: string, token: string): Promise<number> => {
  const left = new AbortController();
  const { status } = await gateway.send(path, { token, signal: left.signal });
  left.abort();
  return status;
};

const feed = '/api/v1/events';

/** How a client, or the gateway, ends a feed. */
const endings: Record<string, (socket: Socket) => unknown> = {
  'the client closes it': (socket) => socket.end(),
  'the client vanishes': (socket) => socket.destroy(),
  'the client resets it': (socket) => socket.resetAndDestroy(),
  'the client sends rubbish and closes': (socket) => socket.end('\0\0\0'),
};

test.each(Object.entries(endings))('the slot of a feed is free again when %s', async (_, ending) => {
  await using stage = await openStage({ env: { FEEDS_PER_CALLER: '1' } });
  const { gateway } = stage;
  const token = await tokenOf(tenantUser);
  const socket = await open(gateway, feed, token);
  const refused = await gateway.send(feed, { token });
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
  expect((await problemIn(refused)).type).toBe('/problems/too-many-open');
  ending(socket);
  await eventually('the slot is free', async () => (await statusOf(gateway, feed, token)) === 200);
});

test('the slot of a feed is free again when its token has expired', async () => {
  await using stage = await openStage({ env: { FEEDS_PER_CALLER: '1' } });
  const { gateway } = stage;
  const short = await tokenOf({ ...tenantUser, exp: Math.floor(Date.now() / 1000) + 1 });
  const socket = await open(gateway, feed, short);
  const token = await tokenOf(tenantUser);
  await eventually('the slot is free', async () => (await statusOf(gateway, feed, token)) === 200);
  socket.destroy();
});

test('callers have slots of their own, all of a tenant together have some, and HEAD takes none', async () => {
  await using stage = await openStage({ env: { FEEDS_PER_CALLER: '2' } });
  const { gateway } = stage;
  const sockets: Socket[] = [];
  for (let caller = 0; caller < 5; caller += 1) {
    const token = await tokenOf({ ...tenantUser, sub: `caller-${caller}` });
    for (let turn = 0; turn < 20; turn += 1)
      expect((await gateway.send(feed, { method: 'HEAD', token })).status).toBe(200);
    sockets.push(await open(gateway, feed, token), await open(gateway, feed, token));
    expect(await statusOf(gateway, feed, token)).toBe(429);
  }
  const sixth = await gateway.send(feed, { token: await tokenOf({ ...tenantUser, sub: 'caller-6' }) });
  expect((await problemIn(sixth)).detail).toContain('of the tenant acme');
  expect(await statusOf(gateway, feed, await tokenOf({ ...tenantUser, tenant_id: 'globex' }))).toBe(200);
  expect(await statusOf(gateway, feed, await tokenOf(operator))).toBe(200);
  for (const socket of sockets) socket.destroy();
});

const csv = '/api/v1/billing/cost-lines.csv';

test('the slot of a download is free again when it is whole, breaks off or is left, and HEAD takes none', async () => {
  await using stage = await openStage({ env: { DOWNLOADS_PER_CALLER: '1' } });
  const { gateway, nats } = stage;
  const release = Promise.withResolvers<void>();
  const file = {
    contract: billingIngest.exportCostLines,
    kind: 'stream' as const,
    handle: async ({ input }: { input: { period?: string } }) => ({
      head: { media_type: 'text/csv', file_name: 'x.csv' },
      chunks: (async function* () {
        yield 'x'.repeat(300_000);
        if (input.period === '2026-01') throw new Error('the database is gone');
        if (input.period === '2026-02') await release.promise;
      })(),
    }),
  };
  const neighbour = await startNeighbour(nats, 'billing-ingest', [file]);
  const token = await tokenOf(operator);
  for (let turn = 0; turn < 3; turn += 1)
    await eventually('a whole file frees its slot', async () => {
      const response = await gateway.send(csv, { token });
      return (await response.text()).length === 300_000;
    });
  const isFree = () => eventually('the slot is free', async () => (await statusOf(gateway, csv, token)) === 200);
  await isFree();
  await eventually('a download breaks off', async () => {
    const broken = await gateway.send(`${csv}?period=2026-01`, { token });
    return (
      broken.status === 200 &&
      (await broken.text().then(
        () => false,
        () => true,
      ))
    );
  });
  await isFree();
  await isFree();
  const socket = await open(gateway, `${csv}?period=2026-02`, token);
  expect((await gateway.send(csv, { method: 'HEAD', token })).status).toBe(200);
  expect(await statusOf(gateway, csv, token)).toBe(429);
  socket.destroy();
  await isFree();
  release.resolve();
  await neighbour.stop();
});
