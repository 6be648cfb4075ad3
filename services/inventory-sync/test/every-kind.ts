export const begin = '2026-03-31T23:00:00Z';
export const created_at = '2026-02-01T00:00:00Z';
export const clusterId = 'bd5f5959-5e1e-4205-a714-a914373942af';

/** An account with resources of every kind. */
export const world = {
  provider: {
    sizes: [{ slug: 'gpu-h100x1-80gb', memory: 245760, vcpus: 20, disk: 720, price_monthly: '2522.6', gpus: 1 }],
    droplets: [
      { id: 1, name: 'web', created_at, backups: { plan: 'daily' } },
      { id: 2, name: 'trainer', size: 'gpu-h100x1-80gb', created_at },
    ],
    volumes: [
      {
        name: 'data',
        size_gigabytes: 100,
        droplet: 'web',
        created_at,
        changes: [{ at: '2026-04-02T00:00:00Z', resize: 200 }],
      },
    ],
    snapshots: [{ id: '71', name: 'image', droplet: 'web', size_gigabytes: '2.34', created_at }],
    backups: [{ id: 81, droplet: 'web', size_gigabytes: '5.20', created_at }],
    domains: [{ name: 'shop.example', created_at }],
    buckets: [{ name: 'assets', region: 'syd1', size_gigabytes: '100', objects: 2500, created_at }],
    reserved_ips: [
      { ip: '203.0.113.10', droplet: 'web', created_at, changes: [{ at: '2026-04-02T00:00:00Z', droplet: null }] },
      { ip: '2001:db8::10', created_at },
    ],
    firewalls: [{ name: 'edge', droplets: ['web'], created_at }],
    load_balancers: [
      { name: 'front', nodes: 2, created_at },
      { name: 'everywhere', type: 'GLOBAL', created_at },
    ],
    databases: [
      {
        name: 'main',
        num_nodes: 2,
        size: 'db-s-2vcpu-4gb',
        storage_size_mib: 81_920,
        replicas: [{ name: 'main-replica', storage_size_mib: 10_240 }],
        created_at,
      },
      { name: 'odd-size', size: 'gd-8vcpu-32gb', created_at },
      { name: 'cache', engine: 'valkey', created_at },
    ],
    nat_gateways: [{ name: 'way-out', size: 2, created_at }],
    nfs_shares: [{ name: 'share', size_gib: 100, performance_tier: 'PERFORMANCE_TIER_HIGH', created_at }],
    custom_images: [{ name: 'own-image', size_gigabytes: '7.5', regions: ['syd1', 'nyc3'], created_at }],
    partner_attachments: [{ name: 'wire', bandwidth_mbps: 2_000, created_at }],
    byoip_prefixes: [{ name: 'own-range', created_at }],
    registries: [{ name: 'containers', storage_usage_bytes: 2_147_483_648, created_at }],
    kubernetes_clusters: [
      { id: clusterId, name: 'fleet', ha: true, node_pools: [{ name: 'pool', count: 2 }], created_at },
    ],
    apps: [
      { name: 'site', instances: 3, dev_databases: 1, dedicated_egress: true, created_at },
      { name: 'scaled', instances: null, running_instances: 4, created_at },
    ],
  },
};
