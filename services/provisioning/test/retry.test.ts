import { provisioning } from '@arcadia/contracts';
import { describe, expect, it } from 'vitest';
import { observe, openProviderStage, openStage, powerOf, runSaga, type Stage, untilEnded, worker } from './stage.ts';

const nowhere = { ...worker, provider_project_id: '00000000-0000-4000-8000-000000000000' };

const of = (deployment_id: string) => ({
  owner: { tenant_id: 'acme', deployment_id, project_id: null, attributed_by: 'hand' },
});

/** A deployment that owns these droplets. */
const deploymentOf = async (stage: Stage, ...numbers: number[]): Promise<string> => {
  const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
  for (const number of numbers) await observe(stage, number, of(deployment_id));
  return deployment_id;
};

const retry = async (stage: Stage, saga_id: string) => {
  await stage.reply(provisioning.retrySaga, { saga_id });
  return untilEnded(stage, saga_id);
};

describe('provisioning: the retry of a failed saga', () => {
  it('the failed step is attempted again, and every attempt stays in the ledger', async () => {
    await using stage = await openStage();
    const { saga_id } = await runSaga(stage, 'echo', { steps: ['fail'] });
    const saga = await retry(stage, saga_id);
    expect(saga.status).toBe('failed');
    expect(saga.ledger[0]?.attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'failed'],
      [2, 'failed'],
    ]);
  });

  it('a compensation that failed is carried out, so that the saga is rolled back', async () => {
    await using stage = await openProviderStage([
      { kind: '500', status: 403, match: { method: 'DELETE', path: '^/v2/droplets/' }, times: 1 },
    ]);
    const { saga_id, status, context } = await runSaga(stage, 'provision_droplet', nowhere);
    expect(status).toBe('failed');
    expect(await retry(stage, saga_id)).toMatchObject({
      status: 'rolled_back',
      error: { reason: 'step_failed:assign-to-project' },
    });
    expect(await powerOf(stage.simulator, Number(context['droplet_id']))).toBe('gone');
  });

  it('a command whose action failed is given anew', async () => {
    await using stage = await openProviderStage([
      // The resize fails; then the command that switches the droplet on again.
      { kind: '500', status: 403, match: { method: 'POST', path: '^/v2/droplets/101/actions$' }, skip: 1, times: 2 },
    ]);
    await observe(stage, 101);
    const inputs = { provider_id: '101', size_slug: 's-1vcpu-2gb', confirm: 'web-1' };
    const { saga_id, status } = await runSaga(stage, 'resize_droplet', inputs);
    expect(status).toBe('failed');
    expect((await retry(stage, saga_id)).status).toBe('rolled_back');
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-1gb active');
  });

  it('an offboarding that destroyed a droplet is failed, lists it, keeps its snapshots, and is continued', async () => {
    await using stage = await openProviderStage([
      { kind: '500', status: 403, match: { method: 'DELETE', path: '^/v2/droplets/104/' }, times: 1 },
    ]);
    const deployment_id = await deploymentOf(stage, 101, 104);
    const inputs = { deployment_id, confirm: 'shop', final_snapshot: true };
    const failed = await runSaga(stage, 'offboard', inputs);
    expect(failed).toMatchObject({
      status: 'failed',
      error: { reason: 'step_failed:delete:web-4', destroyed: ['droplet web-1 (101)'] },
    });
    expect(await powerOf(stage.simulator, 101)).toBe('gone');
    expect((await stage.reply(provisioning.getDeployment, { deployment_id })).state).toBe('active');
    const saga = await retry(stage, failed.saga_id);
    expect(saga).toMatchObject({ status: 'completed', error: null });
    expect(await powerOf(stage.simulator, 104)).toBe('gone');
    expect((await stage.reply(provisioning.getDeployment, { deployment_id })).state).toBe('archived');
    const snapshots = stage.simulator.snapshot().objects.filter(({ kind }) => kind === 'snapshot');
    expect(snapshots.map(({ destroyedAt }) => destroyedAt)).toEqual([null, null]);
  });

  it('an offboarding that destroyed nothing is rolled back', async () => {
    await using stage = await openProviderStage([
      { kind: '500', status: 403, match: { method: 'DELETE', path: '^/v2/droplets/101/' } },
    ]);
    const deployment_id = await deploymentOf(stage, 101);
    const saga = await runSaga(stage, 'offboard', { deployment_id, confirm: 'shop', final_snapshot: true });
    expect(saga.status).toBe('rolled_back');
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-1gb active');
    const snapshots = stage.simulator.snapshot().objects.filter(({ kind }) => kind === 'snapshot');
    expect(snapshots.every(({ destroyedAt }) => destroyedAt !== null)).toBe(true);
  });

  it('a retry is refused for a saga that has not failed, and for one that could not be started now', async () => {
    await using stage = await openProviderStage([
      { kind: 'refused', match: { method: 'POST', path: '^/v2/droplets/101/actions$' }, times: 3 },
    ]);
    const saga_id = '00000000-0000-4000-8000-000000000000';
    expect(await stage.request(provisioning.retrySaga, { saga_id })).toMatchObject({ refused: 'not-found' });
    const echoed = await runSaga(stage, 'echo', { steps: ['echo'] });
    expect(await stage.request(provisioning.retrySaga, { saga_id: echoed.saga_id })).toMatchObject({
      refused: 'not-retryable',
      status: 'completed',
    });
    const deployment_id = await deploymentOf(stage, 101);
    const inputs = { deployment_id, confirm: 'shop' };
    const failed = await runSaga(stage, 'offboard', { ...inputs, delete_with: { volumes: ['no-such-volume'] } });
    expect(failed.status).toBe('failed');
    const suspending = await stage.reply(provisioning.startSaga, { kind: 'suspend', inputs });
    expect(await stage.request(provisioning.retrySaga, { saga_id: failed.saga_id })).toMatchObject({
      refused: 'conflict',
      saga_id: suspending.saga_id,
    });
    await untilEnded(stage, suspending.saga_id);
    await observe(stage, 104, of(deployment_id));
    expect(await stage.request(provisioning.retrySaga, { saga_id: failed.saga_id })).toMatchObject({
      refused: 'not-retryable',
      detail: expect.stringContaining('web-4'),
    });
  });
});
