import type { Database } from '@arcadia/digitalocean';
import { describe, expect, test } from 'vitest';
import {
  describeBackup,
  describeDroplet,
  describeFirewall,
  describeLoadBalancer,
  describeSnapshot,
  describeVolume,
} from './describe.ts';
import { describeCustomImage, describePartnerAttachment } from './describe-further.ts';
import { describeCluster, describeDatabase, describeReplica } from './describe-managed.ts';

/** The same value with every list in it the other way round. */
const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed).toReversed();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, reversed(inner)]));
};

const droplets = ['20', '3'];
const tags = ['b', 'a'];
const regions = ['nyc1', 'fra1'];
const common = { id: '1', name: 'x', created_at: '2026-04-01T00:00:00Z', region: 'fra1', tags, regions };
const sized = { ...common, size_gigabytes: '5', min_disk_size: 1 };

const described: [string, (item: never) => unknown, object][] = [
  [
    'droplet',
    describeDroplet,
    {
      ...common,
      status: 'active',
      features: ['b', 'a'],
      backup_ids: [],
      volume_ids: ['v2', 'v1'],
      networks: {
        v4: [
          { ip_address: '10.0.0.2', type: 'private' },
          { ip_address: '10.0.0.1', type: 'private' },
        ],
      },
    },
  ],
  ['volume', describeVolume, { ...sized, droplet_ids: droplets }],
  ['volume of a cluster', describeVolume, { ...sized, name: 'pvc-1', droplet_ids: droplets }],
  ['snapshot', describeSnapshot, { ...sized, resource_type: 'droplet', resource_id: '1' }],
  ['backup', (item) => describeBackup(item, { dropletId: '1', plan: null, sizes: [] }), sized],
  ['load balancer', describeLoadBalancer, { ...common, droplet_ids: droplets }],
  [
    'load balancer of a cluster',
    describeLoadBalancer,
    { ...common, name: `a${'0'.repeat(31)}`, droplet_ids: droplets },
  ],
  ['firewall', describeFirewall, { ...common, droplet_ids: droplets, inbound_rules: [], outbound_rules: [] }],
  ['custom image', describeCustomImage, { ...sized, type: 'custom' }],
  ['partner attachment', describePartnerAttachment, { ...common, vpc_ids: ['v2', 'v1'] }],
  ['database', describeDatabase, { ...common, engine: 'pg', size: 'db-1', num_nodes: 1 }],
  [
    'cluster',
    describeCluster,
    {
      ...common,
      node_pools: [
        { name: 'pool-2', size: 's-1', count: 2 },
        { name: 'pool-1', size: 's-2', count: 1 },
      ],
    },
  ],
];

describe('inventory-sync: a resource in our terms', () => {
  test.each(described)('a %s is the same in whatever order the provider lists its parts', (_, describeItem, item) => {
    expect(describeItem(reversed(item) as never)).toEqual(describeItem(item as never));
  });
});

describe('the storage of a database beyond that of its size', () => {
  const database = (fields: Partial<Database>): Database => ({
    id: '1',
    name: 'main',
    engine: 'pg',
    version: '17',
    num_nodes: 1,
    size: 'db-s-1vcpu-2gb',
    region: 'syd1',
    status: 'online',
    created_at: '2026-01-01T00:00:00Z',
    tags: [],
    project_id: null,
    storage_size_mib: null,
    private_network_uuid: null,
    ...fields,
  });

  test.each([
    ['is what it has more', database({ storage_size_mib: 40_960 }), '10'],
    ['is unknown, and not zero, where the provider gives none', database({}), undefined],
    ['is unknown for a size of unknown storage', database({ size: 'gd-8vcpu-32gb', storage_size_mib: 1 }), undefined],
    ['is none for an engine of which the provider sells none', database({ engine: 'valkey' }), '0'],
  ])('%s', (_, shown, extra) => {
    expect(describeDatabase(shown).attrs['extra_storage_gb']).toBe(extra);
    const replica = { ...shown, id: '2' };
    expect(describeReplica(replica, describeDatabase(shown)).attrs['extra_storage_gb']).toBe(extra);
  });
});
