import { advance } from '@arcadia/app';
import { invoicing } from '@arcadia/contracts';
import { parseWorld } from '@arcadia/digitalocean-simulator';
import { expect, test } from 'vitest';
import { operator, signIn, startTestConsole, textOf } from './src/console-stage.ts';
import { startWholeStack } from './src/whole-stack.ts';

const world = {
  name: 'without-payer',
  period: '2026-04',
  begins_at: '2026-03-31T23:00:00Z',
  provider: {
    projects: [{ name: 'app' }, { name: 'gone' }],
    droplets: [
      { name: 'w-app', id: 7001, project: 'app', created_at: '2026-03-10T00:00:00Z' },
      { name: 'w-gone', id: 7002, project: 'gone', created_at: '2026-03-10T00:00:00Z' },
    ],
    invoices: [
      {
        period: '2026-04',
        items: [
          {
            product: 'Droplets',
            description: 'w-app (s-1vcpu-1gb)',
            amount: '6.00',
            duration: '720',
            resource: '7001',
          },
          {
            product: 'Droplets',
            description: 'w-gone (s-1vcpu-1gb)',
            amount: '6.00',
            duration: '720',
            resource: '7002',
          },
          { product: 'Support', description: 'Premium Support', amount: '24.00' },
        ],
      },
    ],
  },
  platform: {
    tenants: [{ id: 'acme' }],
    deployments: [
      { tenant: 'acme', slug: 'app', project: 'app' },
      { tenant: 'acme', slug: 'gone', project: 'gone' },
    ],
    subscriptions: [
      { deployment: 'app', plan: 'studio' },
      { deployment: 'gone', plan: 'studio', ends_at: '2026-04-11T00:00:00Z' },
    ],
  },
};

test('droplets that run on without a subscription are seen with their money, and all costs are the bill', async () => {
  await using stack = await startWholeStack(parseWorld(JSON.stringify(world), 'world.json'));
  await stack.play();
  const { api } = stack.player;
  const costs = async () => {
    const { items, totals } = await api.request(invoicing.getMargin, { period: '2026-04' });
    const rows = items.map(({ target, tenant_id, cost_provider_cents }) => [target, tenant_id, cost_provider_cents]);
    return [...rows.toSorted(), totals.cost_provider_cents];
  };
  // Ten of the thirty days of the second droplet are paid by a subscription.
  await expect
    .poll(costs, { timeout: 30_000 })
    .toEqual([['customer', 'acme', 800], ['unallocated', null, 2400], ['without_payer', 'acme', 400], 3600]);
  const listed = await api.request(invoicing.listWithoutPayer, { period: '2026-04' });
  expect(listed.items).toMatchObject([
    { tenant_id: 'acme', kind: 'droplet_hours', qty: '480', first_day: '2026-04-11', cost_provider_cents: 400 },
  ]);
  expect(listed.items).toHaveLength(1);

  const running = await startTestConsole(stack);
  try {
    const visitor = await signIn(running, operator);
    const page = textOf((await visitor.get('/reconciliation?period=2026-04')).html);
    expect(page).toContain('1 deployment had no subscription in April 2026');
    expect(textOf((await visitor.get('/margin?period=2026-04')).html)).toContain('ran without a subscription');
    const { clock, providerClock, stack: parts } = stack.running;
    clock.run();
    providerClock.run();
    for (const service of parts.services) service.startScheduler();
    for await (const at of advance(stack.running, Temporal.Instant.from('2026-05-03T06:00:00Z'))) void at;
    expect(textOf((await visitor.get('/')).html)).toContain(
      '1 deployment uses resources in May 2026 without a subscription, so no tenant pays.',
    );
  } finally {
    await running.stop();
  }
});
