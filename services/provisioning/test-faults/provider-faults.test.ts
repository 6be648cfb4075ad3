import { provisioning } from '@arcadia/contracts';
import { eventually, publishedEvents } from '@arcadia/testkit';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import {
  actionsAt,
  observe,
  openProviderStage,
  powerOf,
  runSaga,
  type Stage,
  untilEnded,
  worker,
} from '../test/stage.ts';
import { losingReplies } from './unreliable-line.ts';

const writing = { ARCADIA_WRITE: '1' };
const nowhere = { ...worker, provider_project_id: '00000000-0000-4000-8000-000000000000' };

/** Waits until the saga is at a step. */
const reaches = (stage: Stage, sagaId: string, index: number, status = 'running') =>
  eventually(
    `step ${index}`,
    async () => {
      const saga = await stage.reply(provisioning.getSaga, { saga_id: sagaId });
      return saga.status === status && saga.current_index === index ? saga : null;
    },
    { timeoutMs: 60_000 },
  );

const start = async (stage: Stage, kind: provisioning.SagaKind, inputs: object) =>
  (await stage.reply(provisioning.startSaga, { kind, inputs: inputs as never })).saga_id;

describe('provisioning: a creation with an unknown result', () => {
  it('a droplet is found again when the reply to its creation was lost', async () => {
    await using stage = await openProviderStage([], writing, { line: losingReplies({ times: 1 }) });
    const saga = await runSaga(stage, 'provision_droplet', worker);
    expect(saga.status).toBe('completed');
    expect(actionsAt(stage.simulator)).toEqual(['create']);
    expect(saga.ledger[2]?.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'completed']);
  });

  for (const kind of ['empty-200', 'truncated-json'] as const) {
    it(`a droplet is found again when the reply to its creation is unreadable (${kind})`, async () => {
      await using stage = await openProviderStage([
        { kind, match: { method: 'POST', path: '^/v2/droplets$' }, times: 1 },
      ]);
      expect((await runSaga(stage, 'provision_droplet', worker)).status).toBe('completed');
      expect(actionsAt(stage.simulator)).toEqual(['create']);
    });
  }

  it('a droplet whose creation takes effect late, after another was created in its place, is deleted', async () => {
    await using stage = await openProviderStage([], writing, {
      line: losingReplies({ times: 1, lateMs: 1_500 }),
      // A droplet becomes active only after several polls, so the late one exists by then.
      provider: { behaviour: { action_polls: 6, action_seconds: 3_600 } },
    });
    const saga = await runSaga(stage, 'provision_droplet', worker);
    expect(saga.status).toBe('completed');
    expect(actionsAt(stage.simulator)).toEqual(['create', 'create', 'destroy']);
    expect(await powerOf(stage.simulator, Number(saga.context['droplet_id']))).toBe('s-1vcpu-1gb active');
  });

  it('a creation without a reply is undone', async () => {
    await using stage = await openProviderStage([], writing, { line: losingReplies({ times: 1 }) });
    const saga = await runSaga(stage, 'provision_droplet', nowhere);
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:assign-to-project' } });
    expect(actionsAt(stage.simulator)).toEqual(['create', 'destroy']);
  });
});

describe('provisioning: a step', () => {
  it('a step past its deadline fails, and the saga is undone', async () => {
    await using stage = await openProviderStage([], writing, {
      provider: { behaviour: { action_polls: 10_000, action_seconds: 3_600 } },
    });
    const saga_id = await start(stage, 'provision_droplet', worker);
    await reaches(stage, saga_id, 3);
    const { db } = stage.running.context;
    await sql`UPDATE saga_runs SET step_deadline = clock_timestamp() - interval '1 second' WHERE saga_id = ${saga_id}`.execute(
      db,
    );
    const saga = await untilEnded(stage, saga_id);
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:wait-active' } });
    expect(saga.ledger[3]?.error).toMatch(/not done before its deadline/);
    expect(actionsAt(stage.simulator)).toEqual(['create', 'destroy']);
  });

  it('a failed compensation is recorded, and does not stop the others', async () => {
    await using stage = await openProviderStage([
      { kind: '500', status: 403, match: { method: 'DELETE', path: '^/v2/droplets/' } },
    ]);
    const saga = await runSaga(stage, 'provision_droplet', nowhere);
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

describe('provisioning: a cancellation', () => {
  it('a cancellation during a step takes effect when the step is done, and undoes it', async () => {
    await using stage = await openProviderStage([], writing, {
      provider: { behaviour: { action_polls: 3, action_seconds: 3_600 } },
    });
    const saga_id = await start(stage, 'provision_droplet', worker);
    await reaches(stage, saga_id, 3);
    expect(await stage.reply(provisioning.cancelSaga, { saga_id })).toMatchObject({ is_cancel_requested: true });
    const saga = await untilEnded(stage, saga_id);
    expect(saga).toMatchObject({ status: 'rolled_back', error: { compensate_from_idx: 3, reason: 'cancelled' } });
    expect(saga.steps.map(({ status }) => status)).toEqual([
      'completed',
      'compensated',
      'completed',
      'completed',
      'pending',
      'pending',
    ]);
    expect(actionsAt(stage.simulator)).toEqual(['create', 'destroy']);
  });

  it('a cancellation of a saga that is being undone changes nothing', async () => {
    await using stage = await openProviderStage([
      { kind: '429', match: { method: 'DELETE', path: '^/v2/droplets/' }, times: 2 },
    ]);
    const saga_id = await start(stage, 'provision_droplet', nowhere);
    await reaches(stage, saga_id, 1, 'compensating');
    await stage.request(provisioning.cancelSaga, { saga_id });
    const saga = await untilEnded(stage, saga_id);
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:assign-to-project' } });
    expect(actionsAt(stage.simulator)).toEqual(['create', 'destroy']);
  });

  it('a cancellation after an irrevocable step is refused', async () => {
    await using stage = await openProviderStage([
      { kind: '429', match: { method: 'GET', path: '^/v2/droplets/104$' }, skip: 1 },
    ]);
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const owner = { tenant_id: 'acme', deployment_id, project_id: null, attributed_by: 'hand' };
    for (const number of [101, 104]) await observe(stage, number, { owner });
    const saga_id = await start(stage, 'offboard', { deployment_id, confirm: 'shop' });
    await reaches(stage, saga_id, 2);
    expect(await stage.request(provisioning.cancelSaga, { saga_id })).toMatchObject({ refused: 'conflict' });
  });
});

it('provisioning: a saga that interrupts or deletes is not started without the right confirmation', async () => {
  await using stage = await openProviderStage();
  const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
  await observe(stage, 101);
  const resize = { provider_id: '101', size_slug: 's-1vcpu-2gb' };
  for (const [kind, inputs] of [
    ['suspend', { deployment_id }],
    ['offboard', { deployment_id }],
    ['resize_droplet', resize],
  ] as const) {
    expect(await stage.request(provisioning.startSaga, { kind, inputs })).toMatchObject({ refused: 'invalid-inputs' });
    for (const confirm of ['', 'SHOP', 'web-2']) {
      expect(await stage.request(provisioning.startSaga, { kind, inputs: { ...inputs, confirm } })).toMatchObject({
        refused: 'confirmation-needed',
      });
    }
  }
  expect((await stage.reply(provisioning.listSagas, {})).items).toEqual([]);
  expect(stage.simulator.requests).toEqual([]);
});

it('provisioning: a droplet whose saga failed never had a tag, a project or a desired state of the deployment', async () => {
  await using stage = await openProviderStage([
    { kind: '500', status: 422, match: { method: 'POST', path: '^/v2/(projects|tags)/' } },
  ]);
  const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
  const saga = await runSaga(stage, 'provision_droplet', { ...worker, deployment_id });
  expect(saga.status).toBe('rolled_back');
  const [droplet] = stage.simulator.snapshot().objects.filter(({ kind }) => kind === 'droplet');
  expect(droplet?.birth).toMatchObject({ tags: [`arcadia-saga:${saga.saga_id}`] });
  const given = droplet?.changes.flatMap(({ set }) => Object.keys(set)) ?? [];
  expect(given.filter((field) => ['tags', 'project'].includes(field))).toEqual([]);
  expect(await publishedEvents(stage.database, provisioning.resourceProvisioned)).toEqual([]);
});
