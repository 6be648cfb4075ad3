import { inventorySync } from '@arcadia/contracts';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { granted, openStage, timeline } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
const created_at = '2026-02-01T00:00:00Z';

const droplets = Array.from({ length: 60 }, (_, index) => ({
  id: index + 1,
  name: `web-${index + 1}`,
  created_at,
  ...(index < 40 ? { backups: { plan: 'weekly' } } : {}),
}));
const backups = droplets.slice(0, 40).flatMap(({ id, name }) => [
  { id: 1_000 + id, droplet: name, size_gigabytes: '2.5', created_at },
  {
    id: 2_000 + id,
    droplet: name,
    size_gigabytes: '2.5',
    created_at,
    ...(id <= 4 ? { destroyed_at: '2026-04-01T00:00:00Z' } : {}),
  },
]);

test('backups are requested only of droplets that have them, and those of all droplets are stored at once', async () => {
  await using stage = await openStage({ provider: { droplets, backups } }, begin);
  await stage.sweep(begin);
  const asked = stage.simulator.requests.flatMap(({ path }) => /droplets\/(\d+)\/backups/.exec(path)?.[1] ?? []);
  expect(asked.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  const stored = await sql<{ found: number; transactions: number }>`
    SELECT count(*)::int AS found, count(DISTINCT xmin::text)::int AS transactions FROM cloud_resources WHERE kind = 'droplet_backup'`.execute(
    stage.running.context.db,
  );
  expect(stored.rows).toEqual([{ found: 80, transactions: 1 }]);

  for (const hour of ['01', '02', '03']) await stage.run('sync-droplet-backups', `2026-04-01T${hour}:00:00Z`);
  const { items } = granted(await stage.ask(inventorySync.listResources, { kind: 'droplet_backup', limit: 200 }));
  expect(items).toHaveLength(76);
  expect((await stage.swept()).filter(({ kind }) => kind === 'droplet_backup').map(({ count }) => count)).toEqual([
    80, 76, 76, 76,
  ]);
});

test('a backup has the sizes of its droplet from the instants of its resizes on, also when its listing came first', async () => {
  const resizedAt = '2026-04-01T13:37:00Z';
  const world = {
    droplets: [
      {
        id: 1,
        name: 'web',
        created_at,
        backups: { plan: 'daily' },
        changes: [{ at: resizedAt, resize: 's-2vcpu-4gb' }],
      },
    ],
    backups: [
      { id: 81, droplet: 'web', size_gigabytes: '5', created_at },
      { id: 82, droplet: 'web', size_gigabytes: '5', created_at: '2026-04-01T06:00:00Z' },
    ],
  };
  await using stage = await openStage({ provider: world }, begin);
  // The backups are listed before the inventory knows the droplet, and again only after it was resized.
  await stage.run('sync-droplet-backups', begin);
  await stage.sweep('2026-03-31T23:10:00Z');
  await stage.run('sync-droplets', '2026-04-01T13:40:00Z');
  await stage.run('sync-droplet-backups', '2026-04-01T14:00:00Z');
  await stage.run('sync-droplet-backups', '2026-04-01T15:00:00Z');
  const observed = await stage.observed();
  const sizes = (name: string) =>
    timeline(observed, name)
      .map(({ effective_at, attrs }) => [effective_at, attrs['droplet_size'], attrs['backup_plan']])
      // A change of its owner is none of its size.
      .filter(([, size], index, all) => size !== all[index - 1]?.[1]);
  expect(sizes('82')).toEqual([
    ['2026-04-01T06:00:00Z', 's-1vcpu-1gb', 'daily'],
    [resizedAt, 's-2vcpu-4gb', 'daily'],
  ]);
  expect(sizes('81')).toEqual([
    [created_at, 's-1vcpu-1gb', 'daily'],
    [resizedAt, 's-2vcpu-4gb', 'daily'],
  ]);
  await stage.sweep('2026-04-02T00:00:00Z');
  expect(await stage.observed()).toHaveLength(observed.length);
});

test('the use of the hourly budget, and a wait that the provider asked for, are shown with the state of the sync', async () => {
  await using stage = await openStage({ provider: { droplets } }, begin);
  const budgets = async () => granted(await stage.ask(inventorySync.getSyncState, {})).budgets;
  const purposes = ['sync-fast', 'sync-full'];
  const unknown = { limit: null, remaining: null, counted_at: null, waiting_until: null };
  expect(await budgets()).toEqual([{ purposes, ...unknown }]);
  await stage.run('sync-droplets', begin);
  expect(await budgets()).toEqual([
    { purposes, limit: 5_000, remaining: expect.any(Number), counted_at: begin, waiting_until: null },
  ]);
  const until = '2026-03-31T23:30:00Z';
  await sql`UPDATE provider.token_budgets SET blocked_until = ${until}`.execute(stage.running.context.db);
  expect((await budgets())[0]?.waiting_until).toBe(until);
  const started = granted(await stage.ask(inventorySync.startSync, { kinds: ['droplet_backup'] }));
  expect(started.jobs).toEqual([{ job: 'sync-droplet-backups', status: 'waiting', is_background: true }]);
});
