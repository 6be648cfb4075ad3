import { provisioning, resourceId } from '@arcadia/contracts';
import { describe, expect, it } from 'vitest';
import { observe, openProviderStage, powerOf, runSaga, untilEnded, worker } from './stage.ts';

describe('provisioning: the sagas of a deployment', () => {
  const of = (deploymentId: string) => ({
    owner: { tenant_id: 'acme', deployment_id: deploymentId, project_id: null, attributed_by: 'hand' },
  });

  it('a deployment is suspended, resumed with the droplets that were on, and offboarded with the chosen resources', async () => {
    await using stage = await openProviderStage();
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    for (const number of [101, 103]) await observe(stage, number, of(deployment_id));
    const stateOf = async () => (await stage.reply(provisioning.getDeployment, { deployment_id })).state;

    const suspended = await runSaga(stage, 'suspend', { deployment_id, confirm: 'shop' });
    expect(suspended.steps.map(({ name }) => name)).toEqual([
      'remember-power',
      'power-off:web-1',
      'power-off:web-3',
      'mark-suspended',
    ]);
    expect([await stateOf(), await powerOf(stage.simulator, 101), await powerOf(stage.simulator, 103)]).toEqual([
      'suspended',
      's-1vcpu-1gb off',
      's-1vcpu-1gb off',
    ]);
    const resumed = await runSaga(stage, 'resume', { deployment_id });
    // The one that was off before stays off.
    expect(resumed.steps.map(({ name }) => name)).toEqual(['check-request', 'power-on:web-1', 'mark-active']);
    expect([await stateOf(), await powerOf(stage.simulator, 101), await powerOf(stage.simulator, 103)]).toEqual([
      'active',
      's-1vcpu-1gb active',
      's-1vcpu-1gb off',
    ]);
    const mistyped = await runSaga(stage, 'offboard', {
      deployment_id,
      confirm: 'shop',
      delete_with: { volumes: ['no-such-volume'] },
    });
    expect(mistyped).toMatchObject({ status: 'failed' });
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-1gb active');
    const offboarded = await runSaga(stage, 'offboard', { deployment_id, confirm: 'shop', final_snapshot: true });
    expect(offboarded.status).toBe('completed');
    expect(offboarded.context['snapshot_of:101']).toEqual(expect.any(String));
    expect([await stateOf(), await powerOf(stage.simulator, 101), await powerOf(stage.simulator, 103)]).toEqual([
      'archived',
      'gone',
      'gone',
    ]);
  });

  it('a deployment owns a new droplet before inventory observes it, and not a droplet that moved to another deployment', async () => {
    await using stage = await openProviderStage();
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const made = await runSaga(stage, 'provision_droplet', { ...worker, deployment_id });
    const number = Number(made.context['droplet_id']);
    expect(
      await stage.request(provisioning.startSaga, {
        kind: 'resize_droplet',
        inputs: { provider_id: String(number), size_slug: 's-1vcpu-2gb', confirm: '' },
      }),
    ).toMatchObject({ refused: 'confirmation-needed', detail: expect.stringContaining('worker-1') });
    await runSaga(stage, 'suspend', { deployment_id, confirm: 'shop' });
    expect(await powerOf(stage.simulator, number)).toBe('s-1vcpu-1gb off');
    await runSaga(stage, 'resume', { deployment_id });
    expect(await powerOf(stage.simulator, number)).toBe('s-1vcpu-1gb active');

    const kept = await runSaga(stage, 'provision_droplet', { ...worker, name: 'worker-2', deployment_id });
    const given = Number(kept.context['droplet_id']);
    const { deployment_id: other } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'b' });
    await observe(stage, given, of(other));
    expect((await runSaga(stage, 'offboard', { deployment_id, confirm: 'shop' })).status).toBe('completed');
    expect([await powerOf(stage.simulator, number), await powerOf(stage.simulator, given)]).toEqual([
      'gone',
      's-1vcpu-1gb active',
    ]);
    const spec = { resource_id: resourceId('digitalocean', 'droplet', String(given)) };
    expect((await stage.reply(provisioning.getDesiredState, spec)).spec).not.toBeNull();
  });

  it('a deployment is not suspended or offboarded while a droplet is created for it, nor the other way round', async () => {
    await using stage = await openProviderStage([
      { kind: '429', match: { method: 'POST', path: '^/v2/droplets' }, times: 2 },
    ]);
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const stopping = { deployment_id, confirm: 'shop' };
    const provision = { kind: 'provision_droplet', inputs: { ...worker, deployment_id } } as const;
    const making = await stage.reply(provisioning.startSaga, provision);
    for (const kind of ['suspend', 'offboard'] as const) {
      expect(await stage.request(provisioning.startSaga, { kind, inputs: stopping })).toMatchObject({
        refused: 'conflict',
        saga_id: making.saga_id,
      });
    }
    expect((await untilEnded(stage, making.saga_id)).status).toBe('completed');
    const { saga_id } = await stage.reply(provisioning.startSaga, { kind: 'offboard', inputs: stopping });
    expect(await stage.request(provisioning.startSaga, provision)).toMatchObject({ refused: 'conflict' });
    expect((await untilEnded(stage, saga_id)).status).toBe('completed');
  });

  it('a deployment has one saga at a time; cancelled between two steps, it undoes its steps', async () => {
    await using stage = await openProviderStage([
      { kind: '429', match: { method: 'POST', path: '/v2/droplets/103/actions' }, times: 2 },
    ]);
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    for (const number of [101, 104]) await observe(stage, number, of(deployment_id));
    const { saga_id } = await stage.reply(provisioning.startSaga, {
      kind: 'suspend',
      inputs: { deployment_id, confirm: 'shop' },
    });
    expect(
      await stage.request(provisioning.startSaga, { kind: 'offboard', inputs: { deployment_id, confirm: 'shop' } }),
    ).toMatchObject({ refused: 'conflict', saga_id });
    await stage.reply(provisioning.cancelSaga, { saga_id });
    const saga = await untilEnded(stage, saga_id);
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'cancelled' } });
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-1gb active');
    expect((await stage.reply(provisioning.getDeployment, { deployment_id })).state).toBe('active');
    expect(await stage.request(provisioning.cancelSaga, { saga_id })).toMatchObject({ refused: 'conflict' });
  });
});
