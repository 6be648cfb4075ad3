import { billingIngest, invoicing } from '@arcadia/contracts';
import { parseWorld } from '@arcadia/digitalocean-simulator';
import { expect, test } from 'vitest';
import { startWholeStack } from './src/whole-stack.ts';

const project = '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10';
const world = {
  name: 'unlisted-products',
  period: '2026-04',
  begins_at: '2026-03-31T23:00:00Z',
  provider: {
    projects: [{ name: 'Acme Production', id: project }],
    droplets: [{ name: 'w', id: 7001, project: 'Acme Production' }],
    invoices: [
      {
        period: '2026-04',
        summary_only: { credits_and_adjustments: '-1.00' },
        items: [
          { product: 'Droplets', description: 'w (s-1vcpu-1gb)', amount: '6.00', duration: '720', resource: '7001' },
          { product: 'Functions', description: 'fn-a', amount: '2.00', project_name: 'acme production' },
          { product: 'Container Registry', description: 'gst-portal (Basic)', amount: '5.00' },
        ],
      },
    ],
  },
  platform: {
    tenants: [{ id: 'acme' }],
    deployments: [{ tenant: 'acme', slug: 'app', project: 'Acme Production' }],
    subscriptions: [{ deployment: 'app', plan: 'studio' }],
  },
};

test('products that are never listed are the cost of the tenant whose project the bill names, else shared by the rule', async () => {
  await using stack = await startWholeStack(parseWorld(JSON.stringify(world), 'world.json'));
  await stack.play();
  const { api } = stack.player;
  await api.request(billingIngest.putAllocationRule, {
    line_class: 'other',
    from_period: '2026-04',
    rule: { method: 'cost' },
  });
  await api.request(billingIngest.discoverInvoices, {});
  const margin = async () => {
    const { items, totals } = await api.request(invoicing.getMargin, { period: '2026-04' });
    return [
      ...items.map(({ target, tenant_id, cost_provider_cents }) => [target, tenant_id, cost_provider_cents]),
      totals.cost_provider_cents,
    ];
  };
  // The credit has a class of its own, which has no rule; `other` is for classes without one.
  await expect.poll(margin, { timeout: 30_000 }).toEqual([['customer', 'acme', 1200], 1200]);
});
