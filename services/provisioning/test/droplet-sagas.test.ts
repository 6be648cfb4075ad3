import { provisioning, resourceId } from '@arcadia/contracts';
import { publishedEvents } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { actionsAt, creationsAt, observe, openProviderStage, openStage, powerOf, runSaga, worker } from './stage.ts';

describe('provisioning: the teaching saga', () => {
  it('a saga of echo, echo, fail is rolled back with its two echoes compensated', async () => {
    await using stage = await openStage();
    const saga = await runSaga(stage, 'echo', {});
    expect(saga.status).toBe('rolled_back');
    expect(saga.steps.map(({ status }) => status)).toEqual(['compensated', 'compensated', 'failed']);
    expect(saga.error).toEqual({ compensate_from_idx: 1, reason: 'step_failed:fail' });
    await stage.running.settled();
    const states = (await publishedEvents(stage.database, provisioning.sagaChanged)).map(({ data }) => data);
    expect(states.map(({ revision }) => revision)).toEqual(states.map((_, index) => index + 1));
    expect(states.at(-1)).toMatchObject({ status: 'rolled_back' });
  });
});

describe('provisioning: a new droplet', () => {
  it('a droplet is created once, assigned to the project of its deployment, and its desired state is published', async () => {
    await using stage = await openProviderStage();
    const deployment = await stage.reply(provisioning.createDeployment, {
      tenant_id: 'acme',
      slug: 'shop',
      project_bindings: [{ provider: 'digitalocean', provider_project_id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10' }],
      allow_unknown_bindings: true,
    });
    const saga = await runSaga(stage, 'provision_droplet', { ...worker, deployment_id: deployment.deployment_id });
    expect(saga).toMatchObject({ status: 'completed', tenant_id: 'acme' });
    expect(creationsAt(stage.simulator)).toBe(1);
    await stage.running.settled();
    const specs = (await publishedEvents(stage.database, provisioning.resourceProvisioned)).map(({ data }) => data);
    expect(specs).toMatchObject([
      {
        resource_id: resourceId('digitalocean', 'droplet', String(saga.context['droplet_id'])),
        spec: { name: 'worker-1', region: 'syd1', size_slug: 's-1vcpu-1gb' },
        spec_version: 1,
        deployment_id: deployment.deployment_id,
      },
    ]);
    expect(
      stage.simulator.requests.some(
        ({ path }) => path === '/v2/projects/3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10/resources',
      ),
    ).toBe(true);
  });

  it('a droplet for a deployment without a project is attributed by a tag, once it is active', async () => {
    await using stage = await openProviderStage();
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const saga = await runSaga(stage, 'provision_droplet', { ...worker, deployment_id });
    expect(saga.status).toBe('completed');
    const reply = await fetch(`${stage.simulator.url}/v2/droplets?tag_name=deployment:${deployment_id}`, {
      headers: { authorization: 'Bearer token' },
    });
    const { droplets } = (await reply.json()) as { droplets: { id: number }[] };
    expect(droplets.map(({ id }) => String(id))).toEqual([saga.context['droplet_id']]);
  });

  it('a droplet is created once, although the provider answered 500 after creating it', async () => {
    await using stage = await openProviderStage([
      { kind: '500-after-effect', match: { method: 'POST', path: '^/v2/droplets$' }, times: 1 },
    ]);
    const saga = await runSaga(stage, 'provision_droplet', worker);
    expect(saga.status).toBe('completed');
    expect(stage.simulator.snapshot().actions.filter(({ type }) => type === 'create')).toHaveLength(1);
    expect(saga.ledger[2]?.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'completed']);
  });

  it('a saga with an unknown image is not started', async () => {
    await using stage = await openProviderStage();
    const inputs = { ...worker, image: 'beos' };
    const quote = await stage.reply(provisioning.quoteSaga, { kind: 'provision_droplet', inputs });
    expect(quote.problems).toEqual(['The provider has no image beos.']);
    const started = await stage.request(provisioning.startSaga, { kind: 'provision_droplet', inputs });
    expect(started).toMatchObject({ refused: 'unknown-image' });
    expect(creationsAt(stage.simulator)).toBe(0);
  });

  it('a quote names what a start would be refused for: a deployment that is cancelled, or does not exist', async () => {
    await using stage = await openProviderStage();
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const problems = async (id: string) => {
      const inputs = { ...worker, deployment_id: id };
      return (await stage.reply(provisioning.quoteSaga, { kind: 'provision_droplet', inputs })).problems;
    };
    expect(await problems(deployment_id)).toEqual([]);
    await stage.reply(provisioning.transitionDeployment, { deployment_id, to: 'cancelled' });
    const refused = await stage.request(provisioning.startSaga, {
      kind: 'provision_droplet',
      inputs: { ...worker, deployment_id },
    });
    expect(await problems(deployment_id)).toEqual(['A deployment that is cancelled gets no new droplets.']);
    expect(refused).toMatchObject({
      refused: 'conflict',
      detail: 'A deployment that is cancelled gets no new droplets.',
    });
    expect(await problems('00000000-0000-4000-8000-000000000000')).toEqual(['There is no such deployment.']);
  });

  it('a saga fails before it creates anything when the installation may not write', async () => {
    await using stage = await openProviderStage([], {});
    const saga = await runSaga(stage, 'provision_droplet', worker);
    expect(saga.status).toBe('failed');
    expect(saga.ledger[0]?.error).toMatch(/read-only/);
    expect(stage.simulator.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('a saga that fails halfway leaves nothing at the provider', async () => {
    await using stage = await openProviderStage();
    const saga = await runSaga(stage, 'provision_droplet', {
      ...worker,
      provider_project_id: '00000000-0000-4000-8000-000000000000',
    });
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:assign-to-project' } });
    // The tag that was reserved finds the droplet again, so that one compensation undoes all three steps.
    expect(saga.ledger.map(({ name, status, undone_by }) => [name, status, undone_by])).toEqual([
      ['check-request', 'completed', null],
      ['reserve-tag', 'compensated', 'reserve-tag'],
      ['create-droplet', 'completed', 'reserve-tag'],
      ['wait-active', 'completed', null],
      ['assign-to-project', 'failed', 'reserve-tag'],
      ['record-desired-state', 'pending', null],
    ]);
    expect(actionsAt(stage.simulator)).toEqual(['create', 'destroy']);
  });
});

describe('provisioning: resizing a droplet', () => {
  it('a droplet is switched off, resized and switched on, and the new size is its desired size', async () => {
    await using stage = await openProviderStage();
    await observe(stage, 101);
    const inputs = { provider_id: '101', size_slug: 's-1vcpu-2gb' };
    expect(
      await stage.request(provisioning.startSaga, { kind: 'resize_droplet', inputs: { ...inputs, confirm: 'web-2' } }),
    ).toMatchObject({ refused: 'confirmation-needed' });
    const saga = await runSaga(stage, 'resize_droplet', { ...inputs, confirm: 'web-1' });
    expect(saga.status).toBe('completed');
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-2gb active');
    const spec = await stage.reply(provisioning.getDesiredState, { resource_id: saga.resource_id ?? '' });
    expect(spec).toMatchObject({ spec: { size_slug: 's-1vcpu-2gb' }, spec_version: 1 });
  });

  it('a resize whose disk did not grow fails, also when the droplet already has the size', async () => {
    await using stage = await openProviderStage();
    await observe(stage, 101);
    const inputs = { provider_id: '101', size_slug: 's-1vcpu-2gb', confirm: 'web-1' };
    await runSaga(stage, 'resize_droplet', inputs);
    // The simulated provider grows no disk without a change of size.
    const saga = await runSaga(stage, 'resize_droplet', { ...inputs, disk: true });
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:resize' } });
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-2gb active');
  });

  it('a resize that the provider refuses leaves the droplet as it was, switched on', async () => {
    await using stage = await openProviderStage([
      { kind: '500', status: 422, match: { method: 'POST', path: '^/v2/droplets/101/actions$' }, skip: 1, times: 1 },
    ]);
    await observe(stage, 101);
    const saga = await runSaga(stage, 'resize_droplet', {
      provider_id: '101',
      size_slug: 's-1vcpu-2gb',
      confirm: 'web-1',
    });
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:resize' } });
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-1gb active');
  });

  it('a resize that fails after it switched the droplet off switches the droplet on again', async () => {
    await using stage = await openProviderStage([
      { kind: '500', status: 404, match: { method: 'GET', path: '^/v2/(droplets/101/)?actions/' }, times: 1 },
    ]);
    await observe(stage, 101);
    const saga = await runSaga(stage, 'resize_droplet', {
      provider_id: '101',
      size_slug: 's-1vcpu-2gb',
      confirm: 'web-1',
    });
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:power-off' } });
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-1gb active');
    expect(actionsAt(stage.simulator)).toEqual(['shutdown', 'power_on']);
  });

  it('a droplet that does not shut down is powered off', async () => {
    await using stage = await openProviderStage();
    await observe(stage, 102);
    const saga = await runSaga(stage, 'resize_droplet', {
      provider_id: '102',
      size_slug: 's-1vcpu-2gb',
      confirm: 'web-2',
    });
    expect(saga.status).toBe('completed');
    const types = actionsAt(stage.simulator);
    expect(types).toEqual(['shutdown', 'power_off', 'resize', 'power_on']);
  });
});
