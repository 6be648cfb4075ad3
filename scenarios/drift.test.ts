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
    droplets: ['to-accept', 'to-revert', 'as-wanted'].map((name) => ({ name, project: 'fleet', size: 's-1vcpu-1gb' })),
  },
});

test('of two drifts one is accepted and one reverted, and the next sweep finds none', {
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

  const droplets = await api.list(inventorySync.listResources, { kind: 'droplet' });
  for (const { resource_id, name } of droplets) {
    const size_slug = name === 'as-wanted' ? 's-1vcpu-1gb' : 's-1vcpu-2gb';
    await api.ask(provisioning.setDesiredState, { resource_id, spec: { size_slug, region: 'syd1' } });
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
  // Two operators at once: one of them is told that it has been asked for.
  const accepting = await Promise.allSettled(
    [1, 2].map(() => api.ask(drift.acceptDrift, { drift_id: idOf('to-accept') })),
  );
  expect(accepting.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  await api.ask(drift.revertDrift, { drift_id: idOf('to-revert') });
  const statusOf = async (name: string) => (await api.ask(drift.getDrift, { drift_id: idOf(name) })).status;
  await eventually(
    'both are answered',
    async () => (await statusOf('to-revert')) === 'reverted' && (await statusOf('to-accept')) === 'accepted',
    { timeoutMs: 60_000 },
  );

  await sweepEverything('2026-04-01T01:00:00Z');
  expect(await api.list(drift.listDrift, {})).toEqual([]);
  const after = await api.list(inventorySync.listResources, { kind: 'droplet' });
  expect(after.map(({ name, attrs }) => [name, attrs['size_slug']]).toSorted()).toEqual([
    ['as-wanted', 's-1vcpu-1gb'],
    ['to-accept', 's-1vcpu-1gb'],
    ['to-revert', 's-1vcpu-2gb'],
  ]);
  const history = await api.list(drift.listDrift, { status: 'all' });
  expect(history.map(({ status }) => status).toSorted()).toEqual(['accepted', 'reverted']);
});
