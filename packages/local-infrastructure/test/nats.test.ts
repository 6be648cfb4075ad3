import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { findNatsServer, startNats } from '@arcadia/local-infrastructure';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const users = [
  {
    name: 'metering',
    password: 'm"1',
    publish: ['usage.accrued.>'],
    streams: ['METERING'],
    answers: ['ask.metering.>'],
  },
  { name: 'invoicing', password: 'i 2', publish: ['invoice.issued.>'], streams: ['INVOICING'] },
  { name: 'operator', password: 'o3', publish: ['>'] },
];

test('a NATS user of a service can publish and answer only on the subjects of that service', async () => {
  using folder = temporaryFolder();
  const server = await startNats({ storeDir: folder.path, users, throwaway: true });
  const metering = await connect({ servers: server.url, user: 'metering', pass: 'm"1' });
  const invoicing = await connect({ servers: server.url, user: 'invoicing', pass: 'i 2' });
  const metersStreams = await jetstreamManager(metering);
  await metersStreams.streams.add({ name: 'METERING', subjects: ['usage.accrued.>'] });
  await jetstream(metering).publish('usage.accrued.2026-04.acme.prod', 'one');
  await expect(jetstream(invoicing).publish('usage.accrued.2026-04.acme.prod', 'forged')).rejects.toThrow(
    /Permissions/,
  );
  await expect((await jetstreamManager(invoicing)).streams.purge('METERING')).rejects.toThrow(/Permissions|timeout/i);

  // Every service may read, acknowledge, send requests and reply.
  const reader = await jetstreamManager(invoicing);
  await reader.consumers.add('METERING', { durable_name: 'invoicing', ack_policy: 'explicit' });
  const consumer = await jetstream(invoicing).consumers.get('METERING', 'invoicing');
  const message = await consumer.next({ expires: 2_000 });
  expect(message?.string()).toBe('one');
  expect(await message?.ackAck()).toBe(true);
  metering.subscribe('ask.metering.usage', { callback: (_, request) => void request.respond('720') });
  await metering.flush();
  expect((await invoicing.request('ask.metering.usage')).string()).toBe('720');
  const refused = new Promise((resolve) => {
    invoicing.subscribe('ask.metering.usage', { callback: (error) => resolve(error) });
  });
  expect(String(await refused)).toMatch(/Permissions Violation for Subscription/);

  await Promise.all([metering.close(), invoicing.close()]);
  await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow(/Authorization/i);
  await server.stop();
});

test('streams survive a killed nats-server, which can start again at the same port', async () => {
  using folder = temporaryFolder();
  const first = await startNats({ storeDir: folder.path });
  const before = await connect({ servers: first.url });
  await (await jetstreamManager(before)).streams.add({ name: 'KEPT', subjects: ['kept.>'] });
  await jetstream(before).publish('kept.one', 'x');
  await before.close();
  await first.kill();
  const second = await startNats({ storeDir: folder.path, port: first.port });
  expect(second.url).toBe(first.url);
  const after = await connect({ servers: second.url });
  expect((await (await jetstreamManager(after)).streams.info('KEPT')).state.messages).toBe(1);
  await after.close();
  await second.stop();
  expect(readdirSync(folder.path)).not.toContain('nats-server.process.json');
});

test('a port in use, a missing and an old nats-server are each reported in one sentence', async () => {
  using folder = temporaryFolder();
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const port = (taken.address() as { port: number }).port;
  await expect(startNats({ storeDir: folder.path, port })).rejects.toThrow(`Port ${port} is in use; stop the process`);
  taken.close();

  const fresh = await import(`../src/find-nats-server.ts?${port}`);
  const old = path.join(folder.path, 'nats-server');
  writeFileSync(old, '#!/bin/sh\necho nats-server: v2.9.10\n');
  chmodSync(old, 0o755);
  vi.stubEnv('NATS_SERVER', old);
  await expect(fresh.findNatsServer()).rejects.toThrow('NATS_SERVER is version 2.9.10; 2.10 or later is needed');
  vi.stubEnv('NATS_SERVER', '/nowhere/nats-server');
  await expect(fresh.findNatsServer()).rejects.toThrow('NATS_SERVER is /nowhere/nats-server, which cannot be run');
  vi.unstubAllEnvs();
  await expect(findNatsServer()).resolves.toMatch(/nats-server$/);
});
