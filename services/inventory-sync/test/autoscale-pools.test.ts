import { inventorySync } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { deploymentId, granted, openStage, timeline } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
const pool = '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10';
const member = (id: number, created_at: string, destroyed_at?: string, more: object = {}) => ({
  id,
  name: `web-pool-${id}`,
  size: 'c-2',
  tags: ['Web-Pool'],
  created_at,
  ...(destroyed_at === undefined ? {} : { destroyed_at }),
  ...more,
});

test('members of an autoscale pool belong to the deployment of its tag from creation to end, however short they live', async () => {
  const droplets = [
    member(1, '2026-04-01T10:00:40Z'),
    member(2, '2026-04-01T10:03:11Z', '2026-04-01T10:41:59Z'),
    // Between two sweeps.
    member(3, '2026-04-01T10:16:20Z', '2026-04-01T10:22:21Z'),
    // Between two polls, too.
    member(4, '2026-04-01T10:17:05Z', '2026-04-01T10:17:50Z'),
    // Of another pool, without a deployment.
    member(5, '2026-04-01T10:16:20Z', '2026-04-01T10:22:21Z', { tags: ['batch'] }),
  ];
  await using stage = await openStage({ provider: { droplets } }, begin);
  await stage.deploy('shop', { tag_bindings: ['web-pool'] });
  await stage.sweep(begin);
  for (let minute = 1; minute <= 120; minute += 1) {
    const at = Temporal.Instant.from('2026-04-01T10:00:00Z').add({ minutes: minute });
    if (minute >= 15 && minute <= 25) await stage.run('poll-droplet-status', at.toString());
    if (minute % 15 === 0) {
      await stage.run('sync-projects', at.toString());
      await stage.run('sync-droplets', at.add({ seconds: 20 }).toString());
    }
  }
  const observed = await stage.observed();
  const lives = (id: number) =>
    timeline(observed, String(id))
      .map(({ effective_at, is_present, status, attrs, owner }): [string, string, string | null] => [
        effective_at,
        is_present ? `${status} ${attrs['size_slug']}` : 'gone',
        owner.deployment_id,
      ])
      // That a project lists it changes neither its size nor its deployment.
      .filter(([, state, owner], index, all) => state !== all[index - 1]?.[1] || owner !== all[index - 1]?.[2]);
  const shop = deploymentId('shop');
  expect(lives(1)).toEqual([['2026-04-01T10:00:40Z', 'active c-2', shop]]);
  expect(lives(2)).toEqual([
    ['2026-04-01T10:03:11Z', 'active c-2', shop],
    ['2026-04-01T10:41:59Z', 'gone', shop],
  ]);
  expect(lives(3)).toEqual([
    ['2026-04-01T10:16:20Z', 'active c-2', shop],
    ['2026-04-01T10:22:21Z', 'gone', shop],
  ]);
  // Nothing but the action log knows this one: without its size and tags, it is unowned.
  expect(lives(4)).toEqual([
    ['2026-04-01T10:17:05Z', 'active undefined', null],
    ['2026-04-01T10:17:50Z', 'gone', null],
  ]);
  expect(lives(5).map(([, , owner]) => owner)).toEqual([null, null]);
});

test('a member that a project alone gives its owner, and a droplet with backups, are found by the sweeps with their owner and plan', async () => {
  const projects = [{ id: pool, name: 'pool', created_at: '2026-01-01T00:00:00Z' }];
  const droplets = [
    member(1, '2026-04-01T10:16:20Z', undefined, { project: 'pool', tags: [] }),
    member(2, '2026-04-01T10:16:20Z', undefined, { backups: { plan: 'weekly' } }),
  ];
  await using stage = await openStage({ provider: { projects, droplets } }, begin);
  await stage.deploy('shop', {
    tag_bindings: ['web-pool'],
    project_bindings: [{ provider: 'digitalocean', provider_project_id: pool }],
  });
  await stage.sweep(begin);
  await stage.run('sync-droplets', '2026-04-01T10:15:20Z');
  await stage.run('poll-droplet-status', '2026-04-01T10:18:00Z');
  const found = async () =>
    granted(await stage.ask(inventorySync.listResources, { kind: 'droplet' })).items.map(
      ({ provider_id }) => provider_id,
    );
  expect(await found()).toEqual(['1']);
  await stage.run('sync-projects', '2026-04-01T10:30:00Z');
  await stage.run('sync-droplets', '2026-04-01T10:30:20Z');
  const observed = await stage.observed();
  for (const id of ['1', '2']) {
    const last = timeline(observed, id).map(({ effective_at, owner, attrs }) => [
      effective_at,
      owner.deployment_id,
      attrs['backup_plan'],
    ]);
    expect(last).toEqual([['2026-04-01T10:16:20Z', deploymentId('shop'), id === '1' ? undefined : 'weekly']]);
  }
});
