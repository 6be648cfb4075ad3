import { inventorySync, invoicing, provisioning, resourceId } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { observe, openProviderStage, runSaga, type Stage } from './stage.ts';

/** Publishes an observation of a resource of any kind that the deployment owns. */
const observeOther = async (stage: Stage, deployment_id: string, kind: string, provider_id: string, attrs: object) => {
  await observe(stage, 100, {
    resource_id: resourceId('digitalocean', kind, provider_id),
    kind,
    provider_id,
    name: `${kind}-${provider_id}`,
    status: null,
    attrs,
    owner: { tenant_id: 'acme', deployment_id, project_id: null, attributed_by: 'project' },
  });
};

describe('provisioning: what an offboarding leaves behind', () => {
  it('is listed with its list price, without what was destroyed, and with the final snapshots', async () => {
    await using stage = await openProviderStage();
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const owner = { tenant_id: 'acme', deployment_id, project_id: null, attributed_by: 'hand' };
    for (const number of [101, 104]) await observe(stage, number, { owner });
    await publishEvent(stage.nats, inventorySync.priceObserved, {
      provider: 'digitalocean',
      size_slug: 'db-s-1vcpu-1gb',
      price_monthly: '15.15',
      price_hourly: '0.02254',
      currency: 'USD',
      effective_at: '2026-01-01T00:00:00Z',
      observed_at: '2026-01-01T00:00:00Z',
    });
    const others: [string, string, object][] = [
      ['volume', 'v-1', { size_gb: '100', filesystem_type: 'ext4' }],
      ['volume', 'v-2', { size_gb: '100' }],
      ['snapshot', '77', { size_gb: null }],
      ['load_balancer', 'lb-1', { node_count: 2 }],
      ['floating_ip', '203.0.113.7', { assigned_to: null }],
      ['dns_zone', 'shop.example', { ttl: 1800 }],
      ['managed_db', 'db-1', { size_slug: 'db-s-1vcpu-1gb', node_count: 1 }],
      ['droplet_backup', '88', { size_gb: '5', source_kind: 'droplet', source_id: '101' }],
    ];
    for (const [kind, id, attrs] of others) await observeOther(stage, deployment_id, kind, id, attrs);
    const saga = await runSaga(stage, 'offboard', { deployment_id, confirm: 'shop', final_snapshot: true });
    expect(saga.left_behind).toEqual({
      count: 9,
      kinds: { dns_zone: 1, floating_ip: 1, load_balancer: 1, managed_db: 1, snapshot: 3, volume: 2 },
      monthly_cost: { amount: '64.15', currency: 'USD' },
      unpriced_count: 3,
    });
    const first = await stage.reply(provisioning.listLeftBehind, { deployment_id, limit: 5 });
    const second = await stage.reply(provisioning.listLeftBehind, {
      deployment_id,
      limit: 5,
      cursor: first.next_cursor ?? '',
    });
    expect(second.next_cursor).toBeNull();
    const shown = [...first.items, ...second.items].map(
      (one) => `${one.kind} ${one.monthly_cost?.amount ?? one.monthly_cost_unknown_because}`,
    );
    expect(shown.toSorted()).toEqual([
      'dns_zone 0',
      'floating_ip 5',
      'load_balancer 24',
      'managed_db 15.15',
      'snapshot Inventory has not observed it yet.',
      'snapshot Inventory has not observed it yet.',
      'snapshot The size of the snapshot is unknown.',
      'volume 10',
      'volume 10',
    ]);
    // Inventory attributes the resources of an archived deployment to its tenant; one is given to another deployment.
    const volume = { resource_id: resourceId('digitalocean', 'volume', 'v-2'), kind: 'volume', provider_id: 'v-2' };
    const attrs = { size_gb: '100' };
    const tenants = { tenant_id: 'acme', deployment_id: null, project_id: null, attributed_by: 'project' };
    const later = { revision: 2, effective_at: '2026-04-01T12:00:00Z', attrs };
    await observe(stage, 100, { ...volume, ...later, owner: tenants });
    const leftNow = async () => (await stage.reply(provisioning.getSaga, { saga_id: saga.saga_id })).left_behind?.count;
    expect(await leftNow()).toBe(9);
    await observe(stage, 100, {
      ...volume,
      ...later,
      revision: 3,
      effective_at: '2026-04-01T13:00:00Z',
      owner: { ...tenants, deployment_id: crypto.randomUUID() },
    });
    expect(await leftNow()).toBe(8);
    // A resource that is deleted later is no longer left.
    await observe(stage, 100, {
      resource_id: resourceId('digitalocean', 'volume', 'v-1'),
      kind: 'volume',
      provider_id: 'v-1',
      is_present: false,
      revision: 2,
      effective_at: '2026-04-02T00:00:00Z',
      owner,
    });
    expect(await leftNow()).toBe(7);
  });

  it('is valued by the list prices that an operator loaded, of today, in any order of arrival', async () => {
    await using stage = await openProviderStage();
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const others: [string, string, object][] = [
      ['nfs_share', 'nfs-1', { size_gb: '50', performance_tier: 'high' }],
      ['k8s_cluster', 'k8s-1', { is_ha: true, node_pools: [] }],
      ['managed_db', 'db-1', { size_slug: 'db-1', node_count: 2, extra_storage_gb: '10' }],
      ['app', 'app-1', { components: [{ type: 'service', size_slug: 'a-1', instance_count: 3 }], dev_databases: 1 }],
      ['load_balancer', 'lb-1', { node_count: 2 }],
    ];
    for (const [kind, id, attrs] of others) await observeOther(stage, deployment_id, kind, id, attrs);
    const price = (kind: string, unit_price: string, fields: object = {}) => ({
      kind,
      valid_from: '2026-03-01',
      currency: 'USD',
      unit_price,
      source: 'operator' as const,
      revision: 2,
      ...fields,
    });
    const prices = [
      price('nfs_gb_month', '9', { revision: 1, dimension: 'high' }),
      price('nfs_gb_month', '0.3', { dimension: 'high' }),
      price('kubernetes_ha_hours', '0.05'),
      price('database_node_hours', '0.1', { dimension: 'db-1' }),
      price('database_storage_gb_month', '0.2'),
      price('app_container_hours', '0.01', { dimension: 'a-1' }),
      price('app_database_hours', '0.02'),
      price('load_balancer_hours', '0.02'),
      price('load_balancer_hours', '7', { valid_from: '2099-01-01' }),
    ];
    await publishEvent(stage.nats, invoicing.listPriceChanged, [...prices.slice(1), ...prices.slice(0, 1)]);
    await stage.running.settled();
    const saga = await runSaga(stage, 'offboard', { deployment_id, confirm: 'shop' });
    const { items } = await stage.reply(provisioning.listLeftBehind, { deployment_id });
    expect(items.map(({ kind, monthly_cost }) => [kind, monthly_cost?.amount])).toEqual([
      ['app', '36.5'],
      ['k8s_cluster', '36.5'],
      ['load_balancer', '29.2'],
      ['managed_db', '148'],
      ['nfs_share', '15'],
    ]);
    expect(saga.left_behind).toMatchObject({ monthly_cost: { amount: '265.2', currency: 'USD' }, unpriced_count: 0 });
  });

  it('other sagas and deployments that do not exist show nothing', async () => {
    await using stage = await openProviderStage();
    expect((await runSaga(stage, 'echo', { steps: ['echo'] })).left_behind).toBeNull();
    expect(await stage.request(provisioning.listLeftBehind, { deployment_id: crypto.randomUUID() })).toMatchObject({
      refused: 'not-found',
    });
  });
});
