import { invoicing, metering, observedUsages } from '@arcadia/contracts';
import { parseWorld } from '@arcadia/digitalocean-simulator';
import { expect, test } from 'vitest';
import { startWholeStack } from './src/whole-stack.ts';

/** Everything changes at this instant: so many hours of the 720 of the month are before it, and so many after. */
const at = '2026-04-16T13:37:00Z';
const before = 15 * 24 + 13 + 37 / 60;
const after = 720 - before;
const created_at = '2026-03-01T00:00:00Z';
const own = { project: 'shop', created_at };
const clusterId = 'bd5f5959-5e1e-4205-a714-a914373942af';

const world = {
  name: 'every-kind',
  period: '2026-04',
  begins_at: '2026-03-31T23:00:00Z',
  provider: {
    projects: [{ name: 'Default', is_default: true }, { name: 'shop' }],
    sizes: [{ slug: 'gpu-h100x1-80gb', memory: 245760, vcpus: 20, disk: 720, price_monthly: '2522.6', gpus: 1 }],
    droplets: [
      { name: 'web', id: 101, ...own, backups: { plan: 'daily' }, changes: [{ at, resize: 's-2vcpu-4gb' }] },
      { name: 'trainer', id: 102, size: 'gpu-h100x1-80gb', ...own, changes: [{ at, power: 'off' }] },
    ],
    volumes: [{ name: 'data', size_gigabytes: 50, ...own, changes: [{ at, resize: 100 }] }],
    snapshots: [{ id: '71', name: 'image', droplet: 'web', size_gigabytes: '2.5', created_at, destroyed_at: at }],
    backups: [{ id: 81, droplet: 'web', size_gigabytes: '5', created_at }],
    domains: [{ name: 'shop.example', ...own }],
    reserved_ips: [
      { ip: '203.0.113.10', ...own, droplet: 'web', changes: [{ at, droplet: null }] },
      { ip: '2001:db8::10', ...own, destroyed_at: at },
    ],
    load_balancers: [{ name: 'front', nodes: 2, ...own, changes: [{ at, nodes: 3 }] }],
    nat_gateways: [{ name: 'way-out', size: 1, ...own, changes: [{ at, size: 2 }] }],
    databases: [
      {
        name: 'main',
        num_nodes: 1,
        size: 'db-s-1vcpu-2gb',
        storage_size_mib: 40_960,
        replicas: [{ name: 'main-replica', storage_size_mib: 10_240 }],
        ...own,
        changes: [{ at, num_nodes: 2, size: 'db-s-2vcpu-4gb', storage_size_mib: 102_400 }],
      },
    ],
    nfs_shares: [{ name: 'share', size_gib: 50, ...own, changes: [{ at, size_gib: 80 }] }],
    custom_images: [{ name: 'own-image', size_gigabytes: '7.5', created_at, destroyed_at: at }],
    partner_attachments: [{ name: 'wire', bandwidth_mbps: 1_000, ...own, changes: [{ at, bandwidth_mbps: 2_000 }] }],
    kubernetes_clusters: [
      {
        id: clusterId,
        name: 'fleet',
        ha: false,
        node_pools: [{ name: 'pool', size: 's-4vcpu-8gb', count: 2 }],
        ...own,
        changes: [{ at, ha: true }],
      },
    ],
    apps: [
      {
        name: 'site',
        instances: 1,
        dev_databases: 1,
        dedicated_egress: false,
        ...own,
        changes: [{ at, instances: 3, dev_databases: 2, dedicated_egress: true }],
      },
      { name: 'scaled', instances: null, running_instances: 2, ...own, changes: [{ at, running_instances: 5 }] },
    ],
  },
  platform: {
    internal_project: 'Default',
    tenants: [{ id: 'acme' }],
    deployments: [{ tenant: 'acme', slug: 'shop', project: 'shop' }],
    subscriptions: [{ deployment: 'shop', plan: 'starter' }],
    exchange_rates: [{ period: '2026-04', from: 'USD', to: 'AUD', rate: '1.5' }],
  },
};

const inMonths = (hours: number): number => hours / 720;

/** Quantity by billing kind and dimension: what the world holds, calculated by hand. A bucket and a custom image belong to no project here. */
const expected: Record<string, number> = {
  'droplet_hours s-1vcpu-1gb': before,
  'droplet_hours s-2vcpu-4gb': after,
  'droplet_hours gpu-h100x1-80gb': before,
  'droplet_hours s-4vcpu-8gb': 2 * 720,
  'droplet_backup_hours daily s-1vcpu-1gb': before,
  'droplet_backup_hours daily s-2vcpu-4gb': after,
  volume_gb_month: inMonths(50 * before + 100 * after),
  snapshot_gb_month: inMonths(2.5 * before),
  'backup_gb_month daily s-1vcpu-1gb of 101': inMonths(5 * before),
  'backup_gb_month daily s-2vcpu-4gb of 101': inMonths(5 * after),
  dns_zones: 1,
  floating_ip_hours: after + before,
  load_balancer_hours: 2 * before + 3 * after,
  'nat_gateway_hours 1': before,
  'nat_gateway_hours 2': 2 * after,
  'database_node_hours db-s-1vcpu-2gb': before,
  'database_node_hours db-s-2vcpu-4gb': 2 * after,
  'database_node_hours db-s-1vcpu-1gb': 720,
  database_storage_gb_month: inMonths(10 * before + 40 * after),
  'nfs_gb_month standard': inMonths(50 * before + 80 * after),
  'partner_attachment_hours 1000': before,
  'partner_attachment_hours 2000': after,
  kubernetes_ha_hours: after,
  'app_container_hours apps-s-1vcpu-0.5gb': (1 + 2) * before + (3 + 5) * after,
  app_database_hours: before + 2 * after,
  app_egress_ip_hours: after,
};

test('a resource of every kind is metered once, and a change at 13:37 divides its month to the second', async () => {
  await using stack = await startWholeStack(parseWorld(JSON.stringify(world), 'world.json'));
  await stack.play();
  const { api } = stack.player;
  const range = { from: '2026-04-01T00:00:00Z', to: '2026-05-01T00:00:00Z' };
  const found: Record<string, number> = {};
  for (const { kind, dimension, parts } of await api.list(metering.listUsage, { ...range, group_by: 'resource' })) {
    const key = dimension === null ? kind : `${kind} ${dimension}`;
    for (const { unit_seconds, divisor } of parts)
      found[key] = (found[key] ?? 0) + Number(unit_seconds) / Number(divisor);
  }
  const rounded = (all: Record<string, number>) =>
    Object.fromEntries(Object.entries(all).map(([key, value]) => [key, value.toFixed(4)]));
  expect(rounded(found)).toEqual(rounded(expected));
  expect((await api.list(metering.listUnknownUsage, range)).map(({ kind }) => kind)).toEqual([]);

  // Usage without a price is listed as unbilled; all other usage is charged.
  const month = { tenant_id: 'acme', period: '2026-04' };
  const { so_far } = await api.request(invoicing.previewInvoice, { ...month, limit: 200 });
  const charged = new Set(so_far.lines.map(({ resource_kind }) => resource_kind));
  const unpriced = new Map(so_far.unbilled.map(({ kind, reason }) => [kind, reason]));
  const kinds = new Set(Object.keys(expected).map((key) => key.split(' ')[0] ?? ''));
  const observed = observedUsages
    .map(({ kind }) => kind)
    .filter((kind) => !['spaces_gb_month', 'custom_image_gb_month'].includes(kind));
  expect([...kinds].toSorted()).toEqual(observed.toSorted());
  const silent = [...kinds].filter((kind) => !charged.has(kind) && !unpriced.has(kind));
  // Below what the plan includes, or charged by gigabytes.
  expect(silent.toSorted()).toEqual(['dns_zones', 'droplet_backup_hours', 'snapshot_gb_month']);
  expect([...new Set(unpriced.values())]).toEqual(['no_list_price']);
});
