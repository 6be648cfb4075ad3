import { billingIngest } from '@arcadia/contracts';
import { askService, publishedEvents } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { discover, owner, since, worldWith } from './bills.ts';
import { acmeDeployment, operatorActor as actor, observed, openStage, type Stage } from './stage.ts';

const newest = async (stage: Stage) => {
  const event = (await publishedEvents(stage.database, billingIngest.invoiceIngested)).at(-1);
  if (event === undefined) throw new Error('no invoice was published');
  return event.data;
};

const shareRule = { line_class: 'other' as const, from_period: '2026-04', rule: { method: 'cost' as const } };

test('billing-ingest: lines of products that are never listed are no tax, and are shared by the rule for other lines', async () => {
  const items = [
    { product: 'Droplets', description: 'w (s-1vcpu-1gb)', amount: '6.00', duration: '720', resource: '7001' },
    { product: 'Container Registry', description: 'gst-portal (Basic)', amount: '5.00' },
    { product: 'Functions', description: 'fn-a', amount: '2.00' },
    { product: 'Spaces Object Storage', description: 'tax-archive', amount: '5.00' },
    { product: 'Support', description: 'Premium Support (pre-tax)', amount: '24.00' },
    { product: 'VPC NAT Gateways', description: 'nat-1', amount: '40.00' },
    { product: 'GradientAI Agents', description: 'My GST assistant', amount: '3.00' },
  ];
  await using stage = await openStage({ world: worldWith(items) });
  await stage.observe(observed({ kind: 'droplet', provider_id: '7001', name: 'w', owner, ...since }));
  await discover(stage);
  expect(await newest(stage)).toMatchObject({ status: 'reconciled', amount_net_minor: 8500, amount_tax_minor: 0 });
  expect((await newest(stage)).lines.map(({ allocations }) => allocations[0]?.target)).toEqual([
    'deployment',
    ...Array.from({ length: 6 }, () => 'unallocated'),
  ]);
  await askService(stage.nats, billingIngest.putAllocationRule, shareRule, { actor });
  await stage.billing.settled();
  const { lines } = await newest(stage);
  expect(lines.map(({ kind }) => kind)).toEqual([
    'droplet',
    'unknown',
    'unknown',
    'account',
    'account',
    'nat_gateway',
    'unknown',
  ]);
  for (const { amount_cents, allocations } of lines)
    expect(allocations).toMatchObject([{ target: 'deployment', deployment_id: acmeDeployment, amount_cents }]);
  expect(lines[1]?.allocations[0]?.rule).toBe('other:cost');
});
