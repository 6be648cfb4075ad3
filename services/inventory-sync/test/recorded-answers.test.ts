import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inventorySync } from '@arcadia/contracts';
import { describe, expect, test } from 'vitest';
import { serveAccount } from './serve-account.ts';
import { granted, openStage, timeline } from './stage.ts';

const folder = join(import.meta.dirname, '../../../../shared/digitalocean/examples');
const isThere = existsSync(folder);
if (!isThere) console.warn(`${folder} is not there: no sync runs over the provider's own examples`);

const recorded = (name: string): unknown => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
const begin = '2026-03-31T23:00:00Z';
const firstProject = '4e1bfbc3-dc3e-41f2-a18f-1b4d7ba71679';

const account = () => ({
  '/v2/projects': recorded('projects'),
  [`/v2/projects/${firstProject}/resources`]: recorded('project_resources'),
  '/v2/droplets': recorded('droplets'),
  '/v2/droplets/backups/policies': recorded('droplet_backup_policies'),
  '/v2/droplets/3164444/backups': recorded('droplet_backups'),
  '/v2/actions': recorded('actions'),
  '/v2/volumes': recorded('volumes'),
  '/v2/snapshots': recorded('snapshots'),
  '/v2/domains': recorded('domains'),
  '/v2/reserved_ips': recorded('reserved_ips'),
  '/v2/reserved_ipv6': recorded('reserved_ipv6'),
  '/v2/firewalls': recorded('firewalls'),
  '/v2/load_balancers': recorded('load_balancers'),
  '/v2/vpc_nat_gateways': recorded('vpc_nat_gateways'),
  '/v2/kubernetes/clusters': recorded('kubernetes_clusters'),
  '/v2/apps': recorded('apps'),
  '/v2/nfs': recorded('nfs'),
  '/v2/registries': recorded('registries'),
});

describe.skipIf(!isThere)('the provider’s own examples, as one account', () => {
  test('are listed completely, stored and published, and a second sync publishes nothing', async () => {
    await using served = await serveAccount(account());
    await using stage = await openStage({}, begin, { DIGITALOCEAN_API_URL: served.url });
    await stage.sweep(begin);
    const state = granted(await stage.ask(inventorySync.getSyncState, {}));
    expect(state.kinds.filter(({ is_ok }) => !is_ok)).toEqual([]);

    const { items } = granted(await stage.ask(inventorySync.listResources, { limit: 200 }));
    const counts = Object.fromEntries(
      [...Map.groupBy(items, ({ kind }) => kind)].map(([kind, all]) => [kind, all.length]),
    );
    expect(counts).toEqual({
      app: 1,
      container_registry: 1,
      dns_zone: 1,
      droplet: 3,
      droplet_backup: 1,
      firewall: 1,
      floating_ip: 3,
      k8s_cluster: 1,
      load_balancer: 2,
      nat_gateway: 1,
      nfs_share: 1,
      snapshot: 2,
      volume: 2,
    });
    const observed = await stage.observed();
    const last = (id: string) => timeline(observed, id).at(-1);
    expect(last('3164444')).toMatchObject({ name: 'example.com', created_at: '2020-07-21T18:37:44Z', region: 'nyc3' });
    expect(last('6372321')).toMatchObject({ kind: 'snapshot', attrs: { size_gb: '2.34', source_kind: 'droplet' } });
    expect(last('fbe805e8-866b-11e6-96bf-000f53315a41')?.attrs).toMatchObject({ source_kind: 'volume' });
    expect(last('67539192')).toMatchObject({ kind: 'droplet_backup', attrs: { source_id: '3164444' } });
    expect(last('fd53:616d:6d60::dc9:c001')).toMatchObject({ kind: 'floating_ip', attrs: { version: 6 } });
    expect(last('70e1b58d-cdec-4e95-b3ee-2d4d95feff51')).toMatchObject({
      name: 'test-vpc-nat-gateways',
      status: 'active',
      region: 'tor1',
      created_at: '2025-08-12T18:43:14Z',
      attrs: { node_count: 1 },
    });
    expect(last('sammy-share-drive')).toMatchObject({ attrs: { size_gb: '1024', performance_tier: 'high' } });
    expect(last('example')).toMatchObject({ kind: 'container_registry', attrs: { tier: 'basic' } });
    expect(items.find(({ kind }) => kind === 'dns_zone')?.owner.project_name).toBe('my-web-api');

    await stage.sweep('2026-03-31T23:15:00Z');
    expect(await stage.observed()).toHaveLength(observed.length);
  });
});
