import { drift, inventorySync, provisioning } from '@arcadia/contracts';
import { untilQuiet } from '@arcadia/platform';
import { eventually } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { makeWorld } from './src/make-world.ts';
import { startWholeStack } from './src/whole-stack.ts';

const fleet = makeWorld('fleet', {
  period: '2026-04',
  provider: {
    projects: [{ name: 'Default', is_default: true }, { name: 'fleet' }],
    droplets: [
      ...['to-accept', 'to-revert', 'as-wanted'].map((name) => ({ name, project: 'fleet', size: 's-1vcpu-1gb' })),
      { name: 'forgotten', size: 's-2vcpu-4gb' },
    ],
  },
});

test('after one drift is accepted and one reverted, the next sweep finds no drift', {
  timeout: 180_000,
}, async () => {
  await using stack = await startWholeStack(fleet);
  const { player, running } = stack;
  const { api, jobs } = player;
  const at = async (instant: string): Promise<Temporal.Instant> => {
    running.clock.set(Temporal.Instant.from(instant));
    running.providerClock.set(Temporal.Instant.from(instant));
    return Temporal.Instant.from(instant);
  };
  const quiet = () => untilQuiet(running.stack.services, { timeoutMs: 60_000 });
  const sweepEverything = async (instant: string): Promise<void> => {
    const now = await at(instant);
    await jobs.run('inventory-sync', 'sync-sizes', now);
    await jobs.sweep('all', now);
    await quiet();
    await jobs.run('drift', 'sweep-drift', now);
    await quiet();
  };
  await sweepEverything('2026-04-01T00:00:00Z');

  // The droplet that is assigned to no project lies in the default project.
  const unmanaged = await api.list(drift.listDrift, {});
  expect(unmanaged.map(({ kind, resource_name, monthly_cost }) => [kind, resource_name, monthly_cost?.amount])).toEqual(
    [['unmanaged', 'forgotten', '24']],
  );
  await api.request(drift.ignoreDrift, { drift_id: unmanaged[0]?.drift_id ?? '', reason: 'a test of ours' });

  const droplets = (await api.list(inventorySync.listResources, { kind: 'droplet' })).filter(
    ({ name }) => name !== 'forgotten',
  );
  for (const { resource_id, name } of droplets) {
    const size_slug = name === 'as-wanted' ? 's-1vcpu-1gb' : 's-1vcpu-2gb';
    await api.request(provisioning.setDesiredState, { resource_id, spec: { size_slug, region: 'syd1' } });
  }
  await quiet();
  const open = await api.list(drift.listDrift, {});
  expect(
    open.map(({ resource_name, field, expected, actual }) => [resource_name, field, expected, actual]).toSorted(),
  ).toEqual([
    ['to-accept', 'size_slug', 's-1vcpu-2gb', 's-1vcpu-1gb'],
    ['to-revert', 'size_slug', 's-1vcpu-2gb', 's-1vcpu-1gb'],
  ]);
  expect(open[0]?.monthly_cost).toEqual({ amount: '-6', currency: 'USD' });

  const idOf = (name: string): string => open.find(({ resource_name }) => resource_name === name)?.drift_id ?? '';
  const statusOf = async (driftId: string) => (await api.request(drift.getDrift, { drift_id: driftId })).status;
  const revert = async (driftId: string, confirm: string): Promise<void> => {
    await api.request(drift.revertDrift, { drift_id: driftId, confirm });
    await eventually('the drift is reverted', async () => (await statusOf(driftId)) === 'reverted', {
      timeoutMs: 60_000,
    });
  };
  // Two operators at once: the second is refused.
  const accepting = await Promise.allSettled(
    [1, 2].map(() => api.request(drift.acceptDrift, { drift_id: idOf('to-accept') })),
  );
  expect(accepting.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  await revert(idOf('to-revert'), 'to-revert');
  await eventually('the drift is accepted', async () => (await statusOf(idOf('to-accept'))) === 'accepted');

  await sweepEverything('2026-04-01T01:00:00Z');
  expect(await api.list(drift.listDrift, {})).toEqual([]);
  const after = await api.list(inventorySync.listResources, { kind: 'droplet' });
  expect(after.map(({ name, attrs }) => [name, attrs['size_slug']]).toSorted()).toEqual([
    ['as-wanted', 's-1vcpu-1gb'],
    ['forgotten', 's-2vcpu-4gb'],
    ['to-accept', 's-1vcpu-1gb'],
    ['to-revert', 's-1vcpu-2gb'],
  ]);

  // The desired state of the accepted resource changes again, and the drift is reverted.
  const resource_id = droplets.find(({ name }) => name === 'to-accept')?.resource_id ?? '';
  const spec = { size_slug: 's-1vcpu-2gb', region: 'syd1' };
  await api.request(provisioning.setDesiredState, { resource_id, spec, spec_version: 2 });
  await quiet();
  const [again] = await api.list(drift.listDrift, {});
  await revert(again?.drift_id ?? '', 'to-accept');
  await sweepEverything('2026-04-01T02:00:00Z');
  expect(await api.list(drift.listDrift, {})).toEqual([]);
  const history = await api.list(drift.listDrift, { resource_id, status: 'all' });
  expect(history.map(({ status, spec_version }) => [status, spec_version])).toEqual([
    ['reverted', 3],
    ['accepted', 1],
  ]);
});
