import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { metering } from '@arcadia/contracts';
import { eventually, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { service } from '../src/service.ts';
import { answering, openStage, problemIn, secret, startGateway } from './stage.ts';

const env = { GATEWAY_HOST: '127.0.0.1', GATEWAY_PORT: '0', JWT_SECRET: secret };

test('gateway: a request to a service that is not running gets a 503 with Retry-After at once', async () => {
  await using nats = await throwawayNats();
  await using gateway = await startGateway(nats);
  const started = performance.now();
  for (const [method, path] of [
    ['GET', '/api/v1/usage'],
    ['POST', '/api/v1/periods/2026-04/close'],
  ] as const) {
    const response = await gateway.send(path, { method });
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await problemIn(response)).toMatchObject({
      status: 503,
      type: '/problems/unavailable',
      detail: 'metering does not answer at the moment; try again.',
    });
  }
  expect(performance.now() - started).toBeLessThan(3_000);
});

test('gateway: a request that meets a full disk of Postgres gets a 503 with Retry-After that names the disk', async () => {
  const full = () => {
    throw Object.assign(new Error('could not extend file "base/5/16384"'), { code: '53100' });
  };
  await using stage = await openStage({ answers: [answering(metering.closePeriod, full)] });
  const response = await stage.gateway.send('/api/v1/periods/2026-04/close', { method: 'POST' });
  expect(response.headers.get('retry-after')).toBe('2');
  expect(await problemIn(response)).toMatchObject({
    status: 503,
    type: '/problems/unavailable',
    detail: 'metering cannot answer at the moment: the disk of its database is full; try again.',
  });
});

test('gateway: requests get a 503 within three seconds while NATS is down, and succeed again afterwards', async () => {
  await using stage = await openStage();
  const { gateway, nats } = stage;
  expect((await gateway.send('/api/v1/usage')).status).toBe(200);
  await nats.kill();
  const started = performance.now();
  expect((await gateway.send('/api/v1/usage')).status).toBe(503);
  expect((await gateway.send('/api/v1/periods/2026-04/close', { method: 'POST' })).status).toBe(503);
  expect(performance.now() - started).toBeLessThan(3_000);
  expect((await gateway.send('/api/health', { token: null })).status).toBe(200);
  expect((await gateway.service.health()).ok).toBe(false);
  await nats.start();
  await eventually('the gateway answers again', async () => (await gateway.send('/api/v1/usage')).status === 200);
});

test('gateway: a port in use stops the start with one sentence and leaves no connection open', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'gateway' });
  const occupant = createServer();
  await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', () => resolve()));
  const { port } = occupant.address() as AddressInfo;
  const before = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
  await expect(
    startTestService(service, { database, nats, env: { ...env, GATEWAY_PORT: String(port) } }),
  ).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is in use; stop the program that uses it, or set GATEWAY_PORT to another port.`,
  );
  await eventually(
    'its connection to NATS is closed',
    () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length <= before,
  );
  await new Promise((resolve) => occupant.close(resolve));
});

test('gateway: an invalid environment stops the start with a sentence that names the variable', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'gateway' });
  const start = (extra: Record<string, string | undefined>) =>
    startTestService(service, { database, nats, env: { ...env, ...extra } });
  await expect(start({ JWT_SECRET: undefined })).rejects.toThrow(/JWT_SECRET.*JWT_JWKS_URL/);
  await expect(start({ JWT_SECRET: 'short' })).rejects.toThrow(/JWT_SECRET: needs at least 32 characters/);
  await expect(start({ JWT_JWKS_URL: 'https://issuer.example/jwks' })).rejects.toThrow(/either/);
  await expect(start({ GATEWAY_PORT: '70000' })).rejects.toThrow(/GATEWAY_PORT/);
  await expect(start({ NATS_URL: undefined })).rejects.toThrow(/NATS_URL/);
});

test('gateway: stopping closes live feeds and idle connections at once', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  const feed = await gateway.send('/api/v1/events');
  const reader = feed.body?.getReader();
  await reader?.read();
  await gateway.send('/api/v1/usage');
  const started = performance.now();
  await gateway.service.stop();
  expect(performance.now() - started).toBeLessThan(2_000);
  const rest = async () => {
    for (;;) if ((await reader?.read())?.done !== false) return 'ended';
  };
  expect(await Promise.race([rest().catch(() => 'ended'), delay(2_000, 'still open')])).toBe('ended');
  await expect(fetch(new URL('/api/health', gateway.url))).rejects.toThrow();
});

test('gateway: stopping waits for the response of a running request', async () => {
  let finish = (): void => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let isReceived = false;
  await using stage = await openStage({
    answers: [
      answering(metering.listPeriods, async () => {
        isReceived = true;
        await held;
        return { items: [], next_cursor: null };
      }),
    ],
  });
  const { gateway } = stage;
  const answer = gateway.send('/api/v1/periods');
  await eventually('metering received the request', () => isReceived);
  const stopped = gateway.service.stop();
  finish();
  expect((await answer).status).toBe(200);
  await stopped;
});
