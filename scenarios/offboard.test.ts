import { inventorySync, invoicing, provisioning } from '@arcadia/contracts';
import { untilQuiet } from '@arcadia/platform';
import { eventually } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { makeWorld } from './src/make-world.ts';
import { startWholeStack } from './src/whole-stack.ts';

const project = { id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10', name: 'shop' };
const world = makeWorld('offboarded', {
  period: '2026-04',
  provider: {
    projects: [{ name: 'Default', is_default: true }, project],
    droplets: [{ name: 'web', project: 'shop', size: 's-1vcpu-1gb' }],
    volumes: [{ name: 'data', project: 'shop', size_gigabytes: 100 }],
    domains: [{ name: 'shop.example', project: 'shop' }],
    reserved_ips: [{ ip: '203.0.113.21', project: 'shop' }],
  },
});

test('what an offboarding leaves behind stays listed with its money after inventory has seen the deployment end', {
  timeout: 180_000,
}, async () => {
  await using stack = await startWholeStack(world);
  const { player, running } = stack;
  const { api, jobs } = player;
  const quiet = () => untilQuiet(running.stack.services, { timeoutMs: 60_000 });
  const sweep = async (instant: string): Promise<void> => {
    const now = Temporal.Instant.from(instant);
    running.clock.set(now);
    running.providerClock.set(now);
    await jobs.sweep('all', now);
    await quiet();
  };
  const project_bindings = [{ provider: 'digitalocean', provider_project_id: project.id }];
  await api.request(invoicing.createTenant, { tenant_id: 'acme', name: 'Acme' });
  const { deployment_id } = await api.request(provisioning.createDeployment, {
    tenant_id: 'acme',
    slug: 'shop',
    project_bindings,
  });
  await sweep('2026-04-01T00:00:00Z');
  const inputs = { deployment_id, confirm: 'shop', final_snapshot: true };
  const { saga_id } = await api.request(provisioning.startSaga, { kind: 'offboard', inputs });
  await eventually(
    'the deployment is offboarded',
    async () => (await api.request(provisioning.getSaga, { saga_id })).status === 'completed',
    { timeoutMs: 60_000 },
  );
  for (const instant of ['2026-04-01T01:00:00Z', '2026-04-01T02:00:00Z', '2026-04-01T03:00:00Z']) await sweep(instant);
  const owned = await api.list(inventorySync.listResources, { deployment_id });
  expect(owned.filter(({ kind }) => kind !== 'snapshot')).toEqual([]);
  const left = await api.list(provisioning.listLeftBehind, { deployment_id });
  expect(left.map(({ kind, name, monthly_cost }) => [kind, name, monthly_cost?.amount])).toEqual([
    ['dns_zone', 'shop.example', '0'],
    ['floating_ip', '203.0.113.21', '5'],
    ['snapshot', expect.stringMatching(/^arcadia-final-/), expect.any(String)],
    ['volume', 'data', '10'],
  ]);
  expect((await api.request(provisioning.getSaga, { saga_id })).left_behind).toMatchObject({ count: 4 });
});
