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
    publish: ['usage.>', '$JS.API.STREAM.>'],
    subscribe: ['ask.metering.>', '_INBOX.metering.>'],
    mayReply: true,
  },
  { name: 'invoicing', password: 'i 2', publish: ['ask.metering.usage'], subscribe: ['_INBOX.invoicing.>'] },
  { name: 'nothing', password: 'n3', publish: [], subscribe: [] },
];

test('a NATS user can publish and subscribe to what it is allowed, reply once to a message that it received, and nothing else', async () => {
  using folder = temporaryFolder();
  const server = await startNats({ storeDir: folder.path, users, throwaway: true });
  const as = (user: string, pass: string) =>
    connect({ servers: server.url, user, pass, inboxPrefix: `_INBOX.${user}` });
  const [metering, invoicing, nothing] = await Promise.all([
    as('metering', 'm"1'),
    as('invoicing', 'i 2'),
    as('nothing', 'n3'),
  ]);
  await (await jetstreamManager(metering, { checkAPI: false })).streams.add({
    name: 'METERING',
    subjects: ['usage.>'],
  });
  await jetstream(metering).publish('usage.acme', 'one');
  for (const nc of [invoicing, nothing]) {
    await expect(jetstream(nc).publish('usage.acme', 'forged')).rejects.toThrow(/Permissions/);
    await expect(nc.request('$JS.API.STREAM.INFO.METERING')).rejects.toThrow(/Permissions/);
  }

  metering.subscribe('ask.metering.usage', {
    callback: (_, request) => {
      request.respond('720');
      request.respond('721');
    },
  });
  await metering.flush();
  expect((await invoicing.request('ask.metering.usage')).string()).toBe('720');
  for (const [nc, subject] of [
    [invoicing, 'ask.metering.usage'],
    [invoicing, '_INBOX.metering.>'],
    [nothing, '>'],
  ] as const) {
    const refused = new Promise((resolve) => {
      nc.subscribe(subject, { callback: (error, message) => resolve(error ?? message.string()) });
    });
    expect(String(await refused)).toMatch(/Permissions Violation for Subscription/);
  }

  await Promise.all([metering.close(), invoicing.close(), nothing.close()]);
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
