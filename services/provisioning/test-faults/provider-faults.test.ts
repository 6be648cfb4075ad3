import { provisioning } from '@arcadia/contracts';
import { eventually, publishedEvents } from '@arcadia/testkit';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Started } from '../test/started.ts';
import { ended, observe, powerOf, run, withProvider, worker } from '../test/with-provider.ts';
import { losingAnswers } from './unreliable-line.ts';

const writing = { ARCADIA_WRITE: '1' };
const typesOf = ({ simulator }: Awaited<ReturnType<typeof withProvider>>) =>
  simulator.snapshot().actions.map(({ type }) => type);
const nowhere = { ...worker, provider_project_id: '00000000-0000-4000-8000-000000000000' };

/** Waits until the saga is at a step, or past it. */
const reaches = (world: Started, sagaId: string, index: number, status = 'running') =>
  eventually(`step ${index}`, async () => {
    const saga = await world.get(provisioning.getSaga, { saga_id: sagaId });
    return saga.status === status && saga.current_index === index ? saga : null;
  });

const start = async (world: Started, kind: provisioning.SagaKind, inputs: object) =>
  (await world.get(provisioning.startSaga, { kind, inputs: inputs as never })).saga_id;

describe('a creation of which nobody knows whether it happened', () => {
  it('is found again when the answer was lost on the way', async () => {
    await using world = await withProvider([], writing, { line: losingAnswers({ times: 1 }) });
    const saga = await run(world, 'provision_droplet', worker);
    expect(saga.status).toBe('completed');
    expect(typesOf(world)).toEqual(['create']);
    expect(saga.ledger[2]?.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'completed']);
  });

  for (const kind of ['empty-200', 'truncated-json'] as const) {
    it(`is found again when the answer cannot be read (${kind})`, async () => {
      await using world = await withProvider([{ kind, match: { method: 'POST', path: '^/v2/droplets$' }, times: 1 }]);
      expect((await run(world, 'provision_droplet', worker)).status).toBe('completed');
      expect(typesOf(world)).toEqual(['create']);
    });
  }

  it('and happens late, after another was made in its place, is removed', async () => {
    await using world = await withProvider([], writing, {
      line: losingAnswers({ times: 1, lateMs: 1_500 }),
      // Nothing is active before it was looked at a few times, so that the late one is there by then.
      provider: { behaviour: { action_polls: 6, action_seconds: 3_600 } },
    });
    const saga = await run(world, 'provision_droplet', worker);
    expect(saga.status).toBe('completed');
    expect(typesOf(world)).toEqual(['create', 'create', 'destroy']);
    expect(await powerOf(world.simulator, Number(saga.context['droplet_id']))).toBe('s-1vcpu-1gb active');
  });

  it('is undone when it is never answered', async () => {
    await using world = await withProvider([], writing, { line: losingAnswers({ times: 1 }) });
    const saga = await run(world, 'provision_droplet', nowhere);
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:assign-to-project' } });
    expect(typesOf(world)).toEqual(['create', 'destroy']);
  });
});

describe('a step', () => {
  it('past its deadline fails, and what the saga did is undone', async () => {
    await using world = await withProvider([], writing, {
      provider: { behaviour: { action_polls: 10_000, action_seconds: 3_600 } },
    });
    const saga_id = await start(world, 'provision_droplet', worker);
    await reaches(world, saga_id, 3);
    const { db } = world.running.context;
    await sql`UPDATE saga_runs SET step_deadline = clock_timestamp() - interval '1 second' WHERE saga_id = ${saga_id}`.execute(
      db,
    );
    const saga = await ended(world, saga_id);
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:wait-active' } });
    expect(saga.ledger[3]?.error).toMatch(/not done within its time/);
    expect(typesOf(world)).toEqual(['create', 'destroy']);
  });

  it('whose compensation cannot be done is recorded, and does not stop the walk', async () => {
    await using world = await withProvider([
      { kind: '500', status: 422, match: { method: 'DELETE', path: '^/v2/droplets/' } },
    ]);
    const saga = await run(world, 'provision_droplet', nowhere);
    expect(saga.status).toBe('failed');
    expect(saga.steps.map(({ status }) => status)).toEqual([
      'completed',
      'completed',
      'completed',
      'completed',
      'failed',
      'pending',
    ]);
    expect(saga.ledger[1]).toMatchObject({ compensation_error: expect.any(String) });
    expect(saga.ledger[1]?.attempts.map(({ direction, outcome }) => [direction, outcome])).toEqual([
      ['forward', 'completed'],
      ['backward', 'failed'],
    ]);
  });
});

describe('cancelling', () => {
  it('while the provider is at a step lets it come to its end and then undoes it', async () => {
    await using world = await withProvider([], writing, {
      provider: { behaviour: { action_polls: 3, action_seconds: 3_600 } },
    });
    const saga_id = await start(world, 'provision_droplet', worker);
    await reaches(world, saga_id, 3);
    expect(await world.get(provisioning.cancelSaga, { saga_id })).toMatchObject({ is_cancel_requested: true });
    const saga = await ended(world, saga_id);
    expect(saga).toMatchObject({ status: 'rolled_back', error: { compensate_from_idx: 3, reason: 'cancelled' } });
    expect(saga.steps.map(({ status }) => status)).toEqual([
      'completed',
      'compensated',
      'completed',
      'completed',
      'pending',
      'pending',
    ]);
    expect(typesOf(world)).toEqual(['create', 'destroy']);
  });

  it('while it goes backwards changes nothing', async () => {
    await using world = await withProvider([
      { kind: '429', match: { method: 'DELETE', path: '^/v2/droplets/' }, times: 2 },
    ]);
    const saga_id = await start(world, 'provision_droplet', nowhere);
    await reaches(world, saga_id, 1, 'compensating');
    await world.ask(provisioning.cancelSaga, { saga_id });
    const saga = await ended(world, saga_id);
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:assign-to-project' } });
    expect(typesOf(world)).toEqual(['create', 'destroy']);
  });

  it('is refused once there is no way back', async () => {
    await using world = await withProvider([
      { kind: '429', match: { method: 'GET', path: '^/v2/droplets/104$' }, skip: 1 },
    ]);
    const { deployment_id } = await world.get(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const owner = { tenant_id: 'acme', deployment_id, project_id: null, attributed_by: 'hand' };
    for (const number of [101, 104]) await observe(world, number, { owner });
    const saga_id = await start(world, 'offboard', { deployment_id, confirm: 'shop' });
    await reaches(world, saga_id, 2);
    expect(await world.ask(provisioning.cancelSaga, { saga_id })).toMatchObject({ refused: 'conflict' });
  });
});

it('what interrupts or destroys is not begun without the right confirmation', async () => {
  await using world = await withProvider();
  const { deployment_id } = await world.get(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
  await observe(world, 101);
  const resize = { provider_id: '101', size_slug: 's-1vcpu-2gb' };
  for (const [kind, inputs] of [
    ['suspend', { deployment_id }],
    ['offboard', { deployment_id }],
    ['resize_droplet', resize],
  ] as const) {
    expect(await world.ask(provisioning.startSaga, { kind, inputs })).toMatchObject({ refused: 'invalid-inputs' });
    for (const confirm of ['', 'SHOP', 'web-2']) {
      expect(await world.ask(provisioning.startSaga, { kind, inputs: { ...inputs, confirm } })).toMatchObject({
        refused: 'confirmation-needed',
      });
    }
  }
  expect((await world.get(provisioning.listSagas, {})).items).toEqual([]);
  expect(world.simulator.requests).toEqual([]);
});

it('a failed provision was never a deployment’s: no tag or project of it, and nothing is wanted', async () => {
  await using world = await withProvider([
    { kind: '500', status: 422, match: { method: 'POST', path: '^/v2/(projects|tags)/' } },
  ]);
  const { deployment_id } = await world.get(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
  const saga = await run(world, 'provision_droplet', { ...worker, deployment_id });
  expect(saga.status).toBe('rolled_back');
  const [droplet] = world.simulator.snapshot().objects.filter(({ kind }) => kind === 'droplet');
  expect(droplet?.birth).toMatchObject({ tags: [`arcadia-saga:${saga.saga_id}`] });
  const given = droplet?.changes.flatMap(({ set }) => Object.keys(set)) ?? [];
  expect(given.filter((field) => ['tags', 'project'].includes(field))).toEqual([]);
  expect(await publishedEvents(world.database, provisioning.resourceProvisioned)).toEqual([]);
});
