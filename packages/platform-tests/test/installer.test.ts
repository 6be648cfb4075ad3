import { createLog, type Env, type RunningInstaller, startInstaller, startService } from '@arcadia/platform';
import { startTestService, testActorVariables, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { orderPlaced, shop } from './echo-service.ts';

const log = createLog({ name: 'installer', level: 'silent' });
const dayInNanoseconds = 24 * 60 * 60 * 1e9;
/** Streams are not installed on a server with logins. */
const users = [{ name: 'all', password: 'x', publish: ['>'], subscribe: ['>'] }];
const login = { NATS_USER: 'all', NATS_PASSWORD: 'x', ...testActorVariables('metering') };

test('the retention of a stream is extended by the configuration, and shortened only when that is allowed in so many words', async () => {
  await using nats = await throwawayNats({ users });
  const ageIn = async (env: Env): Promise<number> => {
    const installer = await startInstaller({ env: { NATS_URL: nats.url, ...login, ...env }, log });
    try {
      return (await installer.bus.jsm.streams.info('METERING')).config.max_age / dayInNanoseconds;
    } finally {
      await installer.stop();
    }
  };
  expect(await ageIn({})).toBe(431);
  expect(await ageIn({ RETENTION_DAYS: '' })).toBe(431);
  expect(await ageIn({ RETENTION_DAYS: '500' })).toBe(531);
  expect(await ageIn({ RETENTION_DAYS: '60' })).toBe(531);
  expect(await ageIn({ RETENTION_DAYS: '60', RETENTION_MAY_SHRINK: '1' })).toBe(91);
  await expect(ageIn({ RETENTION_DAYS: 'long' })).rejects.toThrow('RETENTION_DAYS: give a whole number of days');
});

test('a service that starts before the installer waits for its streams, and several installers do no harm', async () => {
  await using nats = await throwawayNats({ users });
  await using database = await throwawayDatabase({ service: 'metering' });
  const starting = startTestService(shop, { nats, database, env: login });
  const env = { NATS_URL: nats.url, ...login };
  const installers = await Promise.all([1, 2, 3].map(() => startInstaller({ env, log })));
  try {
    await using service = await starting;
    await service.context.transact((tx) => tx.publish(orderPlaced, { order: 'a', revision: 1, amount: 1, lines: [] }));
    await service.settled();
    expect((await service.bus.jsm.streams.info('METERING')).state.messages).toBe(1);
  } finally {
    await Promise.all(installers.map((installer) => installer.stop()));
  }
});

test('a service that waits for its streams can be stopped', async () => {
  await using nats = await throwawayNats({ users });
  await using database = await throwawayDatabase({ service: 'metering' });
  const stopping = new AbortController();
  const env = { NATS_URL: nats.url, DATABASE_URL: database.url, ...login };
  const starting = startService(shop, { env, log, signal: stopping.signal });
  setTimeout(() => stopping.abort(), 500);
  await expect(starting).rejects.toThrow(/abort/i);
});

test('a stream that is deleted is created again, and the events that its service published are on it again', async () => {
  await using nats = await throwawayNats({ users });
  await using database = await throwawayDatabase({ service: 'metering' });
  const installer: RunningInstaller = await startInstaller({ env: { NATS_URL: nats.url, ...login }, log });
  try {
    await using service = await startTestService(shop, { nats, database, env: login });
    await service.context.transact((tx) => tx.publish(orderPlaced, { order: 'a', revision: 1, amount: 1, lines: [] }));
    await service.settled();
    await installer.bus.jsm.streams.delete('METERING');
    const messages = async () => {
      const info = await service.bus.jsm.streams.info('METERING').catch(() => null);
      return info?.state.messages ?? 0;
    };
    await expect.poll(messages, { timeout: 60_000 }).toBe(1);
    expect(await installer.health()).toMatchObject({ service: 'installer', ok: true });
  } finally {
    await installer.stop();
  }
});
