import { inventorySync } from '@arcadia/contracts';
import { triggerJob } from '@arcadia/platform';
import { startTestService } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { service } from '../src/index.ts';
import { granted, openStage, timeline } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
const created_at = '2026-02-01T00:00:00Z';
const droplets = Array.from({ length: 450 }, (_, index) => ({
  id: index + 1,
  name: `web-${index}`,
  created_at,
  changes: [{ at: '2026-04-01T00:00:00Z', rename: `renamed-${index}` }],
}));

test('two replicas that list at the same time publish every resource once, with revisions without gaps', async () => {
  await using stage = await openStage({ provider: { droplets } }, begin);
  await using other = await startTestService(service, {
    database: stage.database,
    nats: stage.nats,
    clock: stage.clock,
    env: { DIGITALOCEAN_API_URL: stage.simulator.url, DIGITALOCEAN_TOKEN: 'dop_v1_canary' },
  });
  for (const when of [begin, '2026-04-01T00:15:00Z']) {
    stage.clock.set(Temporal.Instant.from(when));
    const scheduledAt = Temporal.Instant.from(when);
    for (const cause of ['one', 'two', 'three']) {
      await triggerJob(stage.running.bus, 'inventory-sync', 'sync-droplets', {
        scheduledAt,
        input: {},
        cause: `${when} ${cause}`,
      });
    }
    await stage.running.settled(30_000);
    await other.settled(30_000);
  }
  const observed = await stage.observed();
  expect(observed).toHaveLength(900);
  for (const index of [0, 100, 449]) {
    const own = observed.filter(({ provider_id }) => provider_id === String(index + 1));
    expect(own.map(({ revision, name }) => [revision, name])).toEqual([
      [1, `web-${index}`],
      [2, `renamed-${index}`],
    ]);
  }
  expect(timeline(observed, 'renamed-7').at(-1)?.effective_at).toBe('2026-04-01T00:15:00Z');
  const { kinds } = granted(await stage.ask(inventorySync.getSyncState, {}));
  expect(kinds.find(({ kind }) => kind === 'droplet')?.last).toMatchObject({ status: 'complete', detail: null });
  expect(await stage.swept()).toHaveLength(6);
});

test('without ARCADIA_WRITE only GET requests are sent, and the internal project is a placeholder row', async () => {
  await using stage = await openStage({ provider: { droplets: droplets.slice(0, 1) } }, begin);
  await stage.sweep(begin);
  await stage.run('sync-sizes', begin);
  expect(stage.simulator.requests.every(({ method }) => method === 'GET')).toBe(true);
});

test('with ARCADIA_WRITE=1 the internal project is created at the provider once', async () => {
  await using stage = await openStage({ provider: { droplets: droplets.slice(0, 1) } }, begin, { ARCADIA_WRITE: '1' });
  await stage.sweep(begin);
  await stage.sweep('2026-04-01T00:15:00Z');
  const writes = stage.simulator.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);
  expect(writes).toEqual(['POST /v2/projects']);
});
