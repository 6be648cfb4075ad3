import { inventorySync } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { begin, clusterId, created_at, world } from './every-kind.ts';
import { granted, openStage, timeline } from './stage.ts';

test('every kind of resource is listed, described in our terms, and counted once', async () => {
  await using stage = await openStage(world, begin);
  await stage.sweep(begin);
  await stage.sweep('2026-04-02T00:00:00Z');
  const observed = await stage.observed();
  const last = (name: string) => timeline(observed, name).at(-1);
  expect(last('web')?.attrs).toMatchObject({ size_slug: 's-1vcpu-1gb', has_backups: true });
  expect(last('trainer')).toMatchObject({ kind: 'droplet', attrs: { size_slug: 'gpu-h100x1-80gb' } });
  expect(
    timeline(observed, 'data').map(({ effective_at, attrs }) => [effective_at, attrs['size_gb'], attrs['assigned_to']]),
  ).toEqual([
    [created_at, '100', '1'],
    ['2026-04-02T00:00:00Z', '200', '1'],
  ]);
  expect(last('image')).toMatchObject({
    kind: 'snapshot',
    attrs: { size_gb: '2.34', resource_type: 'droplet', source_id: '1' },
  });
  expect(last('81')).toMatchObject({
    kind: 'droplet_backup',
    attrs: { size_gb: '5.2', source_id: '1', backup_plan: 'daily' },
  });
  expect(
    timeline(observed, '203.0.113.10').map(({ effective_at, attrs }) => [effective_at, attrs['assigned_to']]),
  ).toEqual([
    [begin, '1'],
    ['2026-04-02T00:00:00Z', null],
  ]);
  expect(last('2001:db8::10')).toMatchObject({
    kind: 'floating_ip',
    created_at,
    attrs: { version: 6, assigned_to: null },
  });
  expect(last('edge')).toMatchObject({ kind: 'firewall', attrs: { droplet_ids: ['1'] } });
  expect(last('front')).toMatchObject({ kind: 'load_balancer', attrs: { node_count: 2 } });
  expect(last('everywhere')).toMatchObject({ region: null, attrs: { node_count: 1, type: 'GLOBAL' } });
  expect(last('main')).toMatchObject({
    kind: 'managed_db',
    attrs: { node_count: 2, engine: 'pg', size_slug: 'db-s-2vcpu-4gb', extra_storage_gb: '20' },
  });
  expect(last('main-replica')).toMatchObject({
    kind: 'managed_db',
    attrs: { node_count: 1, size_slug: 'db-s-1vcpu-1gb', extra_storage_gb: '0', source_kind: 'managed_db' },
  });
  expect(last('main-replica')?.attrs['source_id']).toBe(last('main')?.provider_id);
  expect(last('odd-size')?.attrs).not.toHaveProperty('extra_storage_gb');
  expect(last('share')).toMatchObject({ kind: 'nfs_share', attrs: { size_gb: '100', performance_tier: 'high' } });
  expect(last('own-image')).toMatchObject({
    kind: 'custom_image',
    attrs: { size_gb: '7.5', regions: ['nyc3', 'syd1'] },
  });
  expect(last('wire')).toMatchObject({ kind: 'partner_attachment', attrs: { bandwidth_mbps: '2000' } });
  expect(last('own-range')).toMatchObject({ kind: 'byoip_prefix', attrs: { prefix: '203.0.113.0/24' } });
  expect(last('containers')).toMatchObject({ kind: 'container_registry', attrs: { storage_gb: '2', tier: 'basic' } });
  expect(last('fleet')).toMatchObject({ kind: 'k8s_cluster', provider_id: clusterId, attrs: { is_ha: true } });
  const container = { type: 'service', size_slug: 'apps-s-1vcpu-0.5gb' };
  expect(last('site')).toMatchObject({
    kind: 'app',
    attrs: {
      components: [{ ...container, instance_count: 3 }],
      dev_databases: 1,
      has_dedicated_egress: true,
    },
  });
  expect(last('scaled')?.attrs['components']).toMatchObject([{ ...container, instance_count: 4 }]);
  const askedForReplicas = stage.simulator.requests.filter(({ path }) => path.endsWith('/replicas'));
  expect(new Set(askedForReplicas.map(({ path }) => path)).size).toBe(2);
  expect(last('assets')).toMatchObject({ kind: 'spaces_bucket', attrs: {} });

  const listed = granted(await stage.ask(inventorySync.listResources, { limit: 200 }));
  const counts = Map.groupBy(listed.items, ({ kind }) => kind);
  const workers = counts.get('droplet')?.filter(({ attrs }) => attrs['source_kind'] === 'k8s_cluster') ?? [];
  expect([
    counts.get('droplet')?.length,
    workers.length,
    counts.get('snapshot')?.length,
    counts.get('floating_ip')?.length,
  ]).toEqual([4, 2, 1, 2]);
  expect(JSON.stringify(observed)).not.toMatch(/password|postgres(ql)?:\/\//i);
});

test('a bucket has the total size of its objects if Spaces keys are configured', async () => {
  await using stage = await openStage(world, begin);
  const spaces = { SPACES_KEY: 'key', SPACES_SECRET: 'secret', SPACES_REGIONS: 'nyc3,syd1' };
  await using keyed = await openStage(world, begin, { ...spaces, SPACES_ENDPOINT: stage.simulator.spacesUrl });
  await keyed.run('sync-projects', begin);
  const bucket = timeline(await keyed.observed(), 'assets').at(-1);
  expect(bucket).toMatchObject({ region: 'syd1', created_at, attrs: { size_gb: '100', objects: 2500 } });
});

test('prices are published once, and the states of all present resources once a month', async () => {
  await using stage = await openStage(world, begin);
  await stage.sweep(begin);
  await stage.run('sync-sizes', begin);
  await stage.run('sync-sizes', '2026-04-01T00:00:00Z');
  const { rows } = await stage.events('price.observed');
  const web = rows.filter(({ subject }) => subject.endsWith('.s-1vcpu-1gb'));
  expect(web).toHaveLength(1);
  expect(web[0]?.payload).toMatchObject({ currency: 'USD', effective_at: begin });

  const before = await stage.observed();
  await stage.run('say-present-states', '2026-04-01T00:00:00Z');
  await stage.run('say-present-states', '2026-04-01T00:00:00Z');
  const again = (await stage.observed()).slice(before.length);
  expect(again).toHaveLength(new Set(before.map(({ resource_id }) => resource_id)).size);
  for (const one of again) {
    const was = timeline(before, one.provider_id).findLast(({ kind }) => kind === one.kind);
    expect(one).toEqual({
      ...was,
      revision: one.revision,
      effective_at: '2026-04-01T00:00:00Z',
      observed_at: one.observed_at,
      cause: 'snapshot',
    });
  }
});

test('an operator starts a sync and follows its status', async () => {
  await using stage = await openStage(world, begin);
  const started = granted(await stage.ask(inventorySync.startSync, { kinds: ['droplet', 'spaces_bucket'] }));
  expect(started).toMatchObject({ status: 'running', requested_by: 'op' });
  await stage.running.settled();
  const followed = granted(await stage.ask(inventorySync.getSync, { sync_id: started.sync_id }));
  expect(followed.status).toBe('complete');
  expect(followed.sweeps.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['droplet', 'spaces_bucket']));
  expect(await stage.ask(inventorySync.startSync, { kinds: ['teapot'] })).toMatchObject({ refused: 'unknown-kind' });
  expect(await stage.ask(inventorySync.getSync, { sync_id: clusterId })).toMatchObject({ refused: 'not-found' });
});
