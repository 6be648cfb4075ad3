import { inventorySync, resourceId } from '@arcadia/contracts';
import { describe, expect, test } from 'vitest';
import { deploymentId, granted, openStage, timeline } from './stage.ts';

const projects = [
  { id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10', name: 'acme', created_at: '2026-01-01T00:00:00Z' },
  { id: '9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c20', name: 'globex', created_at: '2026-01-01T00:00:00Z' },
];
const bindingOf = (index: number) => ({
  project_bindings: [{ provider: 'digitalocean', provider_project_id: projects[index]?.id ?? '' }],
});
const droplet = (given: object) => ({
  id: 1001,
  name: 'web',
  project: 'acme',
  created_at: '2026-02-01T00:00:00Z',
  ...given,
});
const begin = '2026-03-31T23:00:00Z';

describe('a droplet', () => {
  test('that is renamed, resized, switched off and on, and destroyed has every change published', async () => {
    const world = {
      provider: {
        projects,
        droplets: [
          droplet({
            size: 's-1vcpu-1gb',
            changes: [
              { at: '2026-04-02T10:00:00Z', rename: 'web-renamed' },
              { at: '2026-04-03T10:04:00Z', resize: 's-2vcpu-2gb' },
              { at: '2026-04-04T10:02:00Z', power: 'off' },
              { at: '2026-04-04T10:09:00Z', power: 'on' },
              { at: '2026-04-05T10:02:00Z', power: 'off' },
            ],
            destroyed_at: '2026-04-06T10:05:00Z',
          }),
        ],
      },
    };
    await using stage = await openStage(world, begin);
    await stage.deploy('shop', bindingOf(0));
    await stage.sweep(begin);
    for (const day of ['02', '03', '04', '05']) await stage.sweep(`2026-04-${day}T10:15:00Z`);
    for (const minute of ['15', '30', '45']) await stage.sweep(`2026-04-06T10:${minute}:00Z`);

    const history = timeline(
      (await stage.observed()).filter(({ provider_id }) => provider_id === '1001'),
      '1001',
    );
    const lines = history.map((one) => [
      one.effective_at,
      one.is_present,
      one.name,
      one.status,
      one.attrs['size_slug'],
    ]);
    expect(lines).toEqual([
      ['2026-02-01T00:00:00Z', true, 'web', 'active', 's-1vcpu-1gb'],
      ['2026-03-31T23:00:00Z', true, 'web', 'active', 's-1vcpu-1gb'],
      ['2026-04-02T10:15:00Z', true, 'web-renamed', 'active', 's-1vcpu-1gb'],
      ['2026-04-03T10:04:00Z', true, 'web-renamed', 'active', 's-2vcpu-2gb'],
      ['2026-04-04T10:02:00Z', true, 'web-renamed', 'off', 's-2vcpu-2gb'],
      ['2026-04-04T10:09:00Z', true, 'web-renamed', 'active', 's-2vcpu-2gb'],
      ['2026-04-05T10:02:00Z', true, 'web-renamed', 'off', 's-2vcpu-2gb'],
      ['2026-04-06T10:05:00Z', false, 'web-renamed', 'off', 's-2vcpu-2gb'],
    ]);
    expect(history.at(-1)?.owner.deployment_id).toBe(deploymentId('shop'));
    expect(history.map(({ cause }) => cause)).toEqual([
      'discovered',
      'tagged',
      ...Array.from({ length: 5 }, () => 'updated'),
      'deleted',
    ]);
  });

  test('created between two sweeps has its owner from its creation, but not before the deployment existed', async () => {
    const world = {
      provider: {
        projects,
        droplets: [
          droplet({ id: 1001, name: 'early', created_at: '2026-04-02T10:01:00Z' }),
          droplet({ id: 1002, name: 'young', project: 'globex', created_at: '2026-04-02T10:02:00Z' }),
        ],
      },
    };
    await using stage = await openStage(world, begin);
    await stage.deploy('shop', bindingOf(0));
    await stage.sweep(begin);
    await stage.deploy('late', { ...bindingOf(1), tenant_id: 'globex', created_at: '2026-04-02T10:10:00Z' });
    await stage.sweep('2026-04-02T10:15:00Z');
    const observed = await stage.observed();
    const owners = (name: string) => timeline(observed, name).map((one) => [one.effective_at, one.owner.deployment_id]);
    expect(owners('early')).toEqual([['2026-04-02T10:01:00Z', deploymentId('shop')]]);
    expect(owners('young')).toEqual([
      ['2026-04-02T10:02:00Z', null],
      ['2026-04-02T10:10:00Z', deploymentId('late')],
    ]);
  });

  test('created and destroyed between two sweeps is known from the action log', async () => {
    const world = {
      provider: {
        projects,
        droplets: [droplet({ id: 1007, created_at: '2026-04-02T10:01:00Z', destroyed_at: '2026-04-02T10:01:40Z' })],
      },
    };
    await using stage = await openStage(world, begin);
    await stage.sweep(begin);
    await stage.sweep('2026-04-02T10:15:00Z');
    const history = timeline(await stage.observed(), '1007');
    expect(history.map((one) => [one.effective_at, one.is_present])).toEqual([
      ['2026-04-02T10:01:00Z', true],
      ['2026-04-02T10:01:40Z', false],
    ]);
  });

  test('moved to another project changes its owner when the move is first seen', async () => {
    const world = {
      provider: {
        projects,
        droplets: [droplet({ changes: [{ at: '2026-04-10T08:00:00Z', project: 'globex' }] })],
        snapshots: [
          { id: '7', name: 'image', droplet: 'web', size_gigabytes: '5', created_at: '2026-02-02T00:00:00Z' },
        ],
      },
    };
    await using stage = await openStage(world, begin);
    await stage.deploy('shop', bindingOf(0));
    await stage.deploy('other', { ...bindingOf(1), tenant_id: 'globex' });
    await stage.sweep(begin);
    await stage.sweep('2026-04-10T08:15:00Z');
    const observed = await stage.observed();
    for (const name of ['web', 'image']) {
      const owners = timeline(observed, name).map((one) => [one.effective_at, one.owner.deployment_id, one.cause]);
      expect(owners.slice(1)).toEqual([
        [begin, deploymentId('shop'), 'tagged'],
        ['2026-04-10T08:15:00Z', deploymentId('other'), 'tagged'],
      ]);
    }
  });

  test('that the poll sees switched off is corrected by the action log', async () => {
    const world = {
      provider: { projects, droplets: [droplet({ changes: [{ at: '2026-04-04T10:02:10Z', power: 'off' }] })] },
    };
    await using stage = await openStage(world, begin);
    await stage.sweep(begin);
    await stage.run('poll-droplet-status', '2026-04-04T10:03:00Z');
    const polled = timeline(await stage.observed(), 'web');
    expect(polled.at(-1)).toMatchObject({ effective_at: '2026-04-04T10:03:00Z', status: 'off' });
    await stage.sweep('2026-04-04T10:15:00Z');
    const states = timeline(await stage.observed(), 'web').map((one) => [one.effective_at, one.status]);
    expect(states).toEqual([
      ['2026-02-01T00:00:00Z', 'active'],
      ['2026-04-04T10:02:10Z', 'off'],
      ['2026-04-04T10:03:00Z', 'off'],
    ]);
  });
});

describe('a deletion', () => {
  const hidden = {
    kind: 'hidden-by-scope',
    hide: 'web',
    match: { path: '/v2/(droplets|actions)' },
    from: '2026-04-05T00:00:00Z',
    until: '2026-04-06T00:00:00Z',
  };

  test('is undone when the same droplet is listed again, as if it had never been missing', async () => {
    await using stage = await openStage({ provider: { projects, droplets: [droplet({})], faults: [hidden] } }, begin);
    await stage.sweep(begin);
    for (const hour of ['10', '11']) await stage.run('sync-droplets', `2026-04-05T${hour}:00:00Z`);
    expect(timeline(await stage.observed(), 'web').at(-1)?.is_present).toBe(true);
    await stage.run('sync-droplets', '2026-04-05T12:00:00Z');
    expect(timeline(await stage.observed(), 'web').at(-1)).toMatchObject({
      is_present: false,
      effective_at: '2026-04-05T10:00:00Z',
    });
    const gone = granted(await stage.ask(inventorySync.listResources, { kind: 'droplet' }));
    expect(gone.items).toEqual([]);

    await stage.run('sync-droplets', '2026-04-06T10:00:00Z');
    const history = timeline(await stage.observed(), 'web');
    expect(history.at(-1)).toMatchObject({ is_present: true, effective_at: '2026-04-05T10:00:00Z', cause: 'restored' });
    expect(history.every(({ is_present }) => is_present)).toBe(true);
    const id = resourceId('digitalocean', 'droplet', '1001');
    const shown = granted(await stage.ask(inventorySync.getResource, { resource_id: id }));
    expect(shown).toMatchObject({ is_present: true, deleted_at: null, stale_strike_count: 0 });
    expect(shown.events.map(({ type }) => type)).toEqual(['restored', 'deleted', 'discovered']);
  });

  test('of a DNS zone ends when a zone of that name is listed again', async () => {
    const domains = [
      { name: 'shop.example', created_at: '2026-02-01T00:00:00Z', destroyed_at: '2026-04-05T00:00:00Z' },
      { name: 'other.example', created_at: '2026-02-01T00:00:00Z' },
    ];
    const world = {
      provider: { projects, domains: [...domains, { name: 'SHOP.example', created_at: '2026-04-09T00:00:00Z' }] },
    };
    await using stage = await openStage(world, begin);
    await stage.sweep(begin);
    for (const minute of ['00', '15', '30']) await stage.run('sync-dns-zones', `2026-04-05T00:${minute}:00Z`);
    await stage.run('sync-dns-zones', '2026-04-09T00:15:00Z');
    const history = timeline(await stage.observed(), 'shop.example').map((one) => [one.effective_at, one.is_present]);
    expect(history).toEqual([
      [begin, true],
      ['2026-04-05T00:00:00Z', false],
      ['2026-04-09T00:15:00Z', true],
    ]);
  });
});
