import { billingIngest, inventorySync, invoicing, metering, provisioning } from '@arcadia/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { twoTenants } from './src/two-tenants.ts';
import { startWholeStack, type WholeStack } from './src/whole-stack.ts';

let stack: WholeStack;
beforeAll(async () => {
  stack = await startWholeStack(twoTenants);
}, 240_000);
afterAll(() => stack[Symbol.asyncDispose]());

test('a misspelt billing kind is refused wherever a price is set, naming the near ones, until it is configured', async () => {
  const operator = stack.player.api;
  const missing = 'There is no billing kind gpu_hour';
  const items = [{ kind: 'gpu_hour', included_qty: '1' }];
  const plan = () => operator.request(invoicing.putPlan, { plan_code: 'gpu', base_price_cents: 1, items });
  const misspelt = { plan_code: 'typo', base_price_cents: 1, items: [{ kind: 'droplet_hour', included_qty: '1' }] };
  await expect(operator.request(invoicing.putPlan, misspelt)).rejects.toThrow('Near it: droplet_hours.');
  await expect(plan()).rejects.toThrow(missing);
  const addon = { addon_code: 'gpu', kind: 'gpu_hour', qty: '1', price_cents: 1 };
  await expect(operator.request(invoicing.putAddon, addon)).rejects.toThrow(missing);
  const price = { kind: 'gpu_hour', unit_price_cents: '1' };
  await expect(operator.request(invoicing.putPrice, price)).rejects.toThrow(missing);
  const prices = [{ kind: 'gpu_hour', unit_price: '1' }];
  await expect(operator.request(invoicing.putListPrices, { prices })).rejects.toThrow(missing);
  await operator.request(metering.putMeteringConfig, { kind: 'gpu_hour', unit: 'hour' });
  expect((await plan()).items.map(({ kind }) => kind)).toEqual(['gpu_hour']);
});

test('a tenant that does not exist is refused by every service, naming the near ones, and is accepted as soon as it is created', async () => {
  const { api } = stack.player;
  const own = await stack.as('acme');
  await expect(own.request(provisioning.createDeployment, { slug: 'shop' })).rejects.toThrow('is not created yet');
  for (const id of ['acme', 'globex']) await api.request(invoicing.createTenant, { tenant_id: id, name: id });
  await api.request(inventorySync.startSync, {});
  await expect.poll(() => api.list(inventorySync.listProjects, {})).not.toEqual([]);
  const [project] = await api.list(inventorySync.listProjects, {});
  const project_id = project?.project_id ?? '';
  const named = (tenant_id: string) => [
    () => api.request(provisioning.createDeployment, { tenant_id, slug: tenant_id.replace(/\W/g, '-') }),
    () => api.request(inventorySync.updateProject, { project_id, tenant_id, purpose: 'tenant' }),
    () =>
      api.request(billingIngest.putAllocationRule, {
        line_class: 'support',
        from_period: '2030-01',
        rule: { method: 'fixed', shares: [{ target: 'tenant', tenant_id, fraction: '1' }] },
      }),
    () => api.request(invoicing.addManualLine, { tenant_id, description: 'x', unit_price_cents: '1' }),
  ];
  for (const send of named('glbex'))
    await expect(send()).rejects.toThrow('There is no tenant glbex. Near it: globex. A tenant is created first');
  await api.request(invoicing.createTenant, { tenant_id: 'initech', name: 'Initech' });
  for (const send of named('initech')) await send();
});

test('a deployment is bound only to projects and tags that the account has, unless they are to be made later', async () => {
  const { api } = stack.player;
  await api.request(invoicing.createTenant, { tenant_id: 'binder', name: 'Binder' });
  const sync = await api.request(inventorySync.startSync, {});
  await expect
    .poll(async () => (await api.request(inventorySync.getSync, { sync_id: sync.sync_id })).status, { timeout: 60_000 })
    .toBe('complete');
  const projects = await api.list(inventorySync.listProjects, {});
  const id = projects.find(({ name }) => name === 'acme-project')?.provider_id ?? '';
  const projectOf = (provider_project_id: string) => ({
    project_bindings: [{ provider: 'digitalocean', provider_project_id }],
  });
  const misspelt = projectOf(`${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`);
  const made = { tenant_id: 'binder', slug: 'bound' };
  const create = (given: object) => api.request(provisioning.createDeployment, { ...made, ...given });
  await expect(create(misspelt)).rejects.toThrow(`Near it: ${id}.`);
  await expect(create({ tag_bindings: ['studio-acme'] })).rejects.toThrow('has no tag studio-acme, as listed at');
  const { deployment_id } = await create(projectOf(id));
  const update = (given: object) => api.request(provisioning.updateDeployment, { deployment_id, ...given });
  await expect(update(misspelt)).rejects.toThrow('has no project');
  const tags = { tag_bindings: ['studio-acme', `deployment:${deployment_id}`] };
  await expect(update(tags)).rejects.toThrow('has no tag studio-acme');
  expect(await update({ ...tags, allow_unknown_bindings: true })).toMatchObject(tags);
  // What it is bound to already is not looked for again.
  expect(await update({ ...tags, ...projectOf(id), display_name: 'Bound' })).toMatchObject({ display_name: 'Bound' });
});
