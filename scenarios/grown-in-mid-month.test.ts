import { billingIngest, metering } from '@arcadia/contracts';
import { parseWorld } from '@arcadia/digitalocean-simulator';
import { expect, test } from 'vitest';
import { startWholeStack } from './src/whole-stack.ts';

const at = '2026-04-16T13:37:00Z';
const [begin, end] = ['2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z'];
/** Hours from the beginning of the month to the change. */
const before = '373.616667';
const after = '346.383333';
const ids = {
  grown: '5a0e2c44-1f7b-4a3c-9b1d-6c2f8e0a7b01',
  deleted: '5a0e2c44-1f7b-4a3c-9b1d-6c2f8e0a7b02',
  created: '5a0e2c44-1f7b-4a3c-9b1d-6c2f8e0a7b03',
  balancer: '4de7ac8b-495b-4884-9a69-1050c6793cd6',
};
const first = { duration: before, start_time: begin, end_time: at, project_name: 'p' };
const second = { duration: after, start_time: at, end_time: end, project_name: 'p' };

const world = {
  name: 'grown-in-mid-month',
  period: '2026-04',
  begins_at: '2026-03-31T23:00:00Z',
  provider: {
    projects: [{ name: 'p', id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10' }],
    droplets: [{ name: 'w', id: 7001, project: 'p', changes: [{ at, resize: 's-2vcpu-4gb' }] }],
    volumes: [
      { id: ids.grown, name: 'data', size_gigabytes: 50, project: 'p', changes: [{ at, resize: 100 }] },
      { id: ids.deleted, name: 'gone', size_gigabytes: 200, project: 'p', destroyed_at: at },
      { id: ids.created, name: 'new', size_gigabytes: 80, project: 'p', created_at: at },
    ],
    load_balancers: [{ id: ids.balancer, name: 'lb', nodes: 3, project: 'p', changes: [{ at, nodes: 1 }] }],
    invoices: [
      {
        period: '2026-04',
        items: [
          { product: 'Droplets', description: 'w (s-1vcpu-1gb)', amount: '3.34', resource: '7001', ...first },
          { product: 'Droplets', description: 'w (s-2vcpu-4gb)', amount: '12.37', resource: '7001', ...second },
          { product: 'Volumes', description: 'data (50 GiB)', amount: '2.78', resource: ids.grown, ...first },
          { product: 'Volumes', description: 'data (100 GiB)', amount: '5.15', resource: ids.grown, ...second },
          { product: 'Volumes', description: 'gone', amount: '11.12', resource: ids.deleted, ...first },
          { product: 'Volumes', description: 'new', amount: '4.12', resource: ids.created, ...second },
          { product: 'Load Balancers', description: 'lb (3 nodes)', amount: '20.01', resource: ids.balancer, ...first },
          { product: 'Load Balancers', description: 'lb (1 node)', amount: '6.19', resource: ids.balancer, ...second },
        ],
      },
    ],
  },
  platform: {
    tenants: [{ id: 'acme' }],
    deployments: [{ tenant: 'acme', slug: 'app', project: 'p' }],
    subscriptions: [{ deployment: 'app', plan: 'studio' }],
  },
};

test('resources that change their size, appear or disappear in mid-month are no difference between bill and usage', async () => {
  await using stack = await startWholeStack(parseWorld(JSON.stringify(world), 'world.json'));
  await stack.play();
  const { api } = stack.player;
  await api.request(billingIngest.discoverInvoices, {});
  const reconciliation = () => api.request(billingIngest.getReconciliation, { period: '2026-04', limit: 200 });
  await expect.poll(async () => (await reconciliation()).has_invoice, { timeout: 30_000 }).toBe(true);
  expect((await reconciliation()).items).toEqual([]);
  const usage = await api.list(metering.listUsage, { from: begin, to: end, group_by: 'kind' });
  expect(new Set(usage.map(({ kind }) => kind))).toEqual(
    new Set(['droplet_hours', 'volume_gb_month', 'load_balancer_hours']),
  );
});
