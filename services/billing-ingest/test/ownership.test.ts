import { billingIngest, projectId } from '@arcadia/contracts';
import { askService, publishedEvents } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { replaceProjects } from '../src/store/resources/provider-projects.ts';
import { discover, findings, owner, since, worldWith } from './bills.ts';
import { acmeDeployment, operatorActor as actor, deployed, observed, openStage, type Stage } from './stage.ts';

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
    'container_registry',
    'unknown',
    'account',
    'account',
    'nat_gateway',
    'unknown',
  ]);
  const rate = await askService(stage.nats, billingIngest.getMatchRate, { period: '2026-04' }, { actor });
  expect('refused' in rate ? rate : rate.never_listed).toEqual([
    { product: 'GradientAI Agents', lines: 1, amount_cents: 300 },
    { product: 'Functions', lines: 1, amount_cents: 200 },
  ]);
  const unmetered = (await findings(stage)).filter(({ kind }) => kind === 'unknown');
  expect(unmetered.map(({ finding, amount_cents }) => [finding, amount_cents])).toEqual([
    ['billed_not_metered', 200],
    ['billed_not_metered', 300],
  ]);
  expect(unmetered[0]?.detail).toContain('resources of product "Functions" are never listed');
  for (const { amount_cents, allocations } of lines)
    expect(allocations).toMatchObject([{ target: 'deployment', deployment_id: acmeDeployment, amount_cents }]);
  expect(lines[1]?.allocations[0]?.rule).toBe('other:cost');
});

const providerProject = '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10';
const internalProject = '0c1d2e3f-4a5b-4c6d-8e7f-9a0b1c2d3e30';
const globexDeployment = '7e2d8b63-1b63-4c2f-8a68-2e3f7b1d0f12';

/** Two projects as inventory-sync lists them: one of a customer, and the operator's own. */
const listProjects = (stage: Stage, name = 'acme') =>
  stage.billing.context.transact((tx) =>
    replaceProjects(
      tx.sql,
      [
        { id: providerProject, name_key: name, is_internal: false },
        { id: internalProject, name_key: 'default', is_internal: true },
      ].map(({ id, ...project }) => ({
        ...{ project_id: projectId('digitalocean', id), provider: 'digitalocean', tenant_id: null, is_current: true },
        ...project,
      })),
    ),
  );

const bindTo = (tenant: string, deployment: string, fields: object = {}) =>
  deployed(tenant, deployment, {
    project_bindings: [{ provider: 'digitalocean', provider_project_id: providerProject }],
    effective_at: '2026-05-01T01:00:00Z',
    ...fields,
  });

const ownersOf = async (stage: Stage) =>
  (await newest(stage)).lines.map(({ product, allocations }) => [
    product,
    ...allocations.flatMap(({ target, tenant_id, amount_cents }) => [tenant_id ?? target, amount_cents]),
  ]);

test('billing-ingest: a line of an unknown resource belongs to the owner of the project that it names, before any rule', async () => {
  const items = [
    { product: 'Droplets', description: 'w (s-1)', amount: '6.00', resource: '7001', project_name: 'Default' },
    {
      product: 'Database Clusters',
      description: 'db-replica',
      amount: '15.00',
      project_name: 'Acme',
      resource: '77ad7f2b',
    },
    { product: 'Functions', description: 'fn-a', amount: '2.00', project_name: 'acme' },
    { product: 'Functions', description: 'fn-b', amount: '3.00', project_name: 'Default' },
    { product: 'Spaces Subscription', description: 'Spaces', amount: '5.00', project_name: 'Default' },
    { product: 'Functions', description: 'fn-c', amount: '4.00', project_name: 'no such project' },
    { product: 'Taxes', description: 'GST (10%)', amount: '3.50', project_name: 'acme' },
  ];
  await using stage = await openStage({ world: worldWith(items) });
  await stage.observe(observed({ kind: 'droplet', provider_id: '7001', name: 'w', owner, ...since }));
  await listProjects(stage);
  await stage.deploy(bindTo('globex', globexDeployment));
  await discover(stage);
  expect(await ownersOf(stage)).toEqual([
    ['Droplets', 'acme', 600],
    ['Database Clusters', 'globex', 1500],
    ['Functions', 'globex', 200],
    ['Functions', 'operator', 300],
    ['Spaces Subscription', 'unallocated', 500],
    ['Functions', 'unallocated', 400],
    ['Taxes', 'unallocated', 350],
  ]);
  const { lines } = await newest(stage);
  expect(lines[1]).toMatchObject({
    resource_id: null,
    allocations: [{ deployment_id: globexDeployment, rule: 'project:Acme' }],
  });
  await askService(stage.nats, billingIngest.putAllocationRule, shareRule, { actor });
  await stage.billing.settled();
  // By direct cost: 6.00 of acme, 17.00 of globex, 3.00 of the operator.
  expect((await ownersOf(stage)).slice(4)).toEqual([
    ['Spaces Subscription', 'acme', 115, 'globex', 327, 'operator', 58],
    ['Functions', 'acme', 92, 'globex', 262, 'operator', 46],
    ['Taxes', 'unallocated', 350],
  ]);
});

test('billing-ingest: lines that name a project follow its binding and its name, and a project that moves is divided by time', async () => {
  const line = { product: 'Functions', description: 'fn-a', amount: '30.00', project_name: 'acme' };
  await using stage = await openStage({ world: worldWith([line]) });
  await discover(stage);
  expect(await ownersOf(stage)).toEqual([['Functions', 'unallocated', 3000]]);
  await listProjects(stage);
  await stage.deploy(bindTo('acme', acmeDeployment, { effective_at: '2026-04-02T00:00:00Z' }));
  expect(await ownersOf(stage)).toEqual([['Functions', 'acme', 3000]]);
  await listProjects(stage, 'renamed');
  const moved = { effective_at: '2026-04-11T00:00:00Z', revision: 2 };
  await stage.deploy(
    bindTo('acme', acmeDeployment, { ...moved, project_bindings: [] }),
    bindTo('globex', globexDeployment, { effective_at: moved.effective_at }),
  );
  expect(await ownersOf(stage)).toEqual([['Functions', 'acme', 1000, 'globex', 2000]]);
});
