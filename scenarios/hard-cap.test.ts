import { invoicing, provisioning } from '@arcadia/contracts';
import { untilQuiet } from '@arcadia/platform';
import { eventually } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { makeWorld } from './src/make-world.ts';
import { startWholeStack } from './src/whole-stack.ts';

const world = makeWorld('capped', {
  period: '2026-04',
  provider: { projects: [{ name: 'Default', is_default: true }] },
});

test('a droplet above the hard cap of its plan is refused over HTTP, with the cap and the expected hours', {
  timeout: 180_000,
}, async () => {
  await using stack = await startWholeStack(world);
  const { player, running, tokens } = stack;
  const { api } = player;
  const quiet = () => untilQuiet(running.stack.services, { timeoutMs: 60_000 });
  const now = Temporal.Instant.from('2026-04-01T00:00:00Z');
  running.clock.set(now);
  running.providerClock.set(now);
  const items = [{ kind: 'droplet_hours', included_qty: '720', overage_price_cents: '1', hard_cap_qty: '1000' }];
  await api.request(invoicing.putPlan, { plan_code: 'capped', base_price_cents: 5000, items });
  await api.request(invoicing.createTenant, { tenant_id: 'acme', name: 'Acme' });
  const { deployment_id } = await api.request(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
  await quiet();
  await api.request(invoicing.subscribe, { deployment_id, plan_code: 'capped' });
  await quiet();

  const size = { region: 'syd1', size_slug: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64' };
  const start = (name: string): Promise<Response> =>
    fetch(`${running.gateway}/api/v1/sagas`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.operator}`, 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'provision_droplet', inputs: { deployment_id, name, ...size } }),
    });
  const first = await start('web-1');
  expect(first.status).toBe(202);
  const { saga_id } = (await first.json()) as { saga_id: string };
  await eventually(
    'the first droplet is provisioned',
    async () => (await api.request(provisioning.getSaga, { saga_id })).status === 'completed',
    { timeoutMs: 60_000 },
  );
  const second = await start('web-2');
  expect(second.status).toBe(422);
  expect(await second.json()).toMatchObject({
    type: expect.stringMatching(/hard-cap-exceeded$/),
    detail: expect.stringContaining('1440 in all'),
    cap: '1000',
    expected: '1440',
  });
  expect(await api.list(provisioning.listSagas, {})).toHaveLength(1);
});
