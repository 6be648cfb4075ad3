import { drift, provisioning, resourceId } from '@arcadia/contracts';
import { eventually, publishEvent, publishedEvents } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { type Started, startProvisioning } from './started.ts';
import { created, ended, observe, powerOf, run, withProvider, worker } from './with-provider.ts';

describe('the teaching saga', () => {
  it('of echo, echo, fail is rolled back with its two echoes compensated', async () => {
    await using world = await startProvisioning();
    const saga = await run(world, 'echo', {});
    expect(saga.status).toBe('rolled_back');
    expect(saga.steps.map(({ status }) => status)).toEqual(['compensated', 'compensated', 'failed']);
    expect(saga.error).toEqual({ compensate_from_idx: 1, reason: 'step_failed:fail' });
    await world.running.settled();
    const states = (await publishedEvents(world.database, provisioning.sagaChanged)).map(({ data }) => data);
    expect(states.map(({ revision }) => revision)).toEqual(states.map((_, index) => index + 1));
    expect(states.at(-1)).toMatchObject({ status: 'rolled_back' });
  });
});

describe('provisioning a droplet', () => {
  it('makes one, puts it in the deployment’s project, and says what it ought to be', async () => {
    await using world = await withProvider();
    const deployment = await world.get(provisioning.createDeployment, {
      tenant_id: 'acme',
      slug: 'shop',
      project_bindings: [{ provider: 'digitalocean', provider_project_id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10' }],
    });
    const saga = await run(world, 'provision_droplet', { ...worker, deployment_id: deployment.deployment_id });
    expect(saga).toMatchObject({ status: 'completed', tenant_id: 'acme' });
    expect(created(world.simulator)).toBe(1);
    await world.running.settled();
    const specs = (await publishedEvents(world.database, provisioning.resourceProvisioned)).map(({ data }) => data);
    expect(specs).toMatchObject([
      {
        resource_id: resourceId('digitalocean', 'droplet', String(saga.context['droplet_id'])),
        spec: { name: 'worker-1', region: 'syd1', size_slug: 's-1vcpu-1gb' },
        spec_version: 1,
        deployment_id: deployment.deployment_id,
      },
    ]);
    expect(
      world.simulator.requests.some(
        ({ path }) => path === '/v2/projects/3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10/resources',
      ),
    ).toBe(true);
  });

  it('gives it to a deployment without a project by tag, once it is active', async () => {
    await using world = await withProvider();
    const { deployment_id } = await world.get(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const saga = await run(world, 'provision_droplet', { ...worker, deployment_id });
    expect(saga.status).toBe('completed');
    const answer = await fetch(`${world.simulator.url}/v2/droplets?tag_name=deployment:${deployment_id}`, {
      headers: { authorization: 'Bearer token' },
    });
    const { droplets } = (await answer.json()) as { droplets: { id: number }[] };
    expect(droplets.map(({ id }) => String(id))).toEqual([saga.context['droplet_id']]);
  });

  it('makes one only, although the provider answered 500 after making it', async () => {
    await using world = await withProvider([
      { kind: '500-after-effect', match: { method: 'POST', path: '^/v2/droplets$' }, times: 1 },
    ]);
    const saga = await run(world, 'provision_droplet', worker);
    expect(saga.status).toBe('completed');
    expect(world.simulator.snapshot().actions.filter(({ type }) => type === 'create')).toHaveLength(1);
    expect(saga.ledger[2]?.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'completed']);
  });

  it('is refused before anything is made when there is no such image', async () => {
    await using world = await withProvider();
    const asked = { ...worker, image: 'beos' };
    const quote = await world.get(provisioning.quoteSaga, { kind: 'provision_droplet', inputs: asked });
    expect(quote.problems).toEqual(['The provider has no image beos.']);
    const saga = await run(world, 'provision_droplet', asked);
    expect(saga).toMatchObject({ status: 'failed', error: { reason: 'step_failed:check-request' } });
    expect(created(world.simulator)).toBe(0);
  });

  it('is refused before anything is made when this installation may not write', async () => {
    await using world = await withProvider([], {});
    const saga = await run(world, 'provision_droplet', worker);
    expect(saga.status).toBe('failed');
    expect(saga.ledger[0]?.error).toMatch(/read-only/);
    expect(world.simulator.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('that fails halfway leaves nothing at the provider', async () => {
    await using world = await withProvider();
    const saga = await run(world, 'provision_droplet', {
      ...worker,
      provider_project_id: '00000000-0000-4000-8000-000000000000',
    });
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:assign-to-project' } });
    expect(world.simulator.snapshot().actions.map(({ type }) => type)).toEqual(['create', 'destroy']);
  });
});

describe('resizing a droplet', () => {
  it('switches it off, resizes it, switches it on, and wants the new size from then on', async () => {
    await using world = await withProvider();
    await observe(world, 101);
    const inputs = { provider_id: '101', size_slug: 's-1vcpu-2gb' };
    expect(
      await world.ask(provisioning.startSaga, { kind: 'resize_droplet', inputs: { ...inputs, confirm: 'web-2' } }),
    ).toMatchObject({ refused: 'confirmation-needed' });
    const saga = await run(world, 'resize_droplet', { ...inputs, confirm: 'web-1' });
    expect(saga.status).toBe('completed');
    expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-2gb active');
    const spec = await world.get(provisioning.getDesiredState, { resource_id: saga.resource_id ?? '' });
    expect(spec).toMatchObject({ spec: { size_slug: 's-1vcpu-2gb' }, spec_version: 1 });
  });

  it('does not say that a disk has grown which an earlier resize has left as it was', async () => {
    await using world = await withProvider();
    await observe(world, 101);
    const inputs = { provider_id: '101', size_slug: 's-1vcpu-2gb', confirm: 'web-1' };
    await run(world, 'resize_droplet', inputs);
    // The simulated provider grows no disk without a change of size.
    const saga = await run(world, 'resize_droplet', { ...inputs, disk: true });
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:resize' } });
    expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-2gb active');
  });

  it('that the provider cannot do leaves it as it was, switched on', async () => {
    await using world = await withProvider([
      { kind: '500', status: 422, match: { method: 'POST', path: '^/v2/droplets/101/actions$' }, skip: 1, times: 1 },
    ]);
    await observe(world, 101);
    const saga = await run(world, 'resize_droplet', { provider_id: '101', size_slug: 's-1vcpu-2gb', confirm: 'web-1' });
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:resize' } });
    expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-1gb active');
  });

  it('that fails after the droplet was switched off switches it on again', async () => {
    await using world = await withProvider([
      { kind: '500', status: 404, match: { method: 'GET', path: '^/v2/(droplets/101/)?actions/' }, times: 1 },
    ]);
    await observe(world, 101);
    const saga = await run(world, 'resize_droplet', { provider_id: '101', size_slug: 's-1vcpu-2gb', confirm: 'web-1' });
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:power-off' } });
    expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-1gb active');
    expect(world.simulator.snapshot().actions.map(({ type }) => type)).toEqual(['shutdown', 'power_on']);
  });

  it('cuts the power of a droplet that does not shut down', async () => {
    await using world = await withProvider();
    await observe(world, 102);
    const saga = await run(world, 'resize_droplet', { provider_id: '102', size_slug: 's-1vcpu-2gb', confirm: 'web-2' });
    expect(saga.status).toBe('completed');
    const types = world.simulator.snapshot().actions.map(({ type }) => type);
    expect(types).toEqual(['shutdown', 'power_off', 'resize', 'power_on']);
  });
});

describe('a deployment', () => {
  const of = (deploymentId: string) => ({
    owner: { tenant_id: 'acme', deployment_id: deploymentId, project_id: null, attributed_by: 'hand' },
  });

  it('is suspended and resumed with the droplets that were on, and offboarded with what was chosen', async () => {
    await using world = await withProvider();
    const { deployment_id } = await world.get(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    for (const number of [101, 103]) await observe(world, number, of(deployment_id));
    const stateOf = async () => (await world.get(provisioning.getDeployment, { deployment_id })).state;

    const suspended = await run(world, 'suspend', { deployment_id, confirm: 'shop' });
    expect(suspended.steps.map(({ name }) => name)).toEqual([
      'remember-power',
      'power-off:web-1',
      'power-off:web-3',
      'mark-suspended',
    ]);
    expect([await stateOf(), await powerOf(world.simulator, 101), await powerOf(world.simulator, 103)]).toEqual([
      'suspended',
      's-1vcpu-1gb off',
      's-1vcpu-1gb off',
    ]);
    const resumed = await run(world, 'resume', { deployment_id });
    // The one that was off before stays off.
    expect(resumed.steps.map(({ name }) => name)).toEqual(['check-request', 'power-on:web-1', 'mark-active']);
    expect([await stateOf(), await powerOf(world.simulator, 101), await powerOf(world.simulator, 103)]).toEqual([
      'active',
      's-1vcpu-1gb active',
      's-1vcpu-1gb off',
    ]);
    const mistyped = await run(world, 'offboard', {
      deployment_id,
      confirm: 'shop',
      delete_with: { volumes: ['no-such-volume'] },
    });
    expect(mistyped).toMatchObject({ status: 'failed' });
    expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-1gb active');
    const offboarded = await run(world, 'offboard', { deployment_id, confirm: 'shop', final_snapshot: true });
    expect(offboarded.status).toBe('completed');
    expect(offboarded.context['snapshot_of:101']).toEqual(expect.any(String));
    expect([await stateOf(), await powerOf(world.simulator, 101), await powerOf(world.simulator, 103)]).toEqual([
      'archived',
      'gone',
      'gone',
    ]);
  });

  it('has the droplet that was just made for it, before inventory has seen it, and not one that has become another’s', async () => {
    await using world = await withProvider();
    const { deployment_id } = await world.get(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const made = await run(world, 'provision_droplet', { ...worker, deployment_id });
    const number = Number(made.context['droplet_id']);
    expect(
      await world.ask(provisioning.startSaga, {
        kind: 'resize_droplet',
        inputs: { provider_id: String(number), size_slug: 's-1vcpu-2gb', confirm: '' },
      }),
    ).toMatchObject({ refused: 'confirmation-needed', detail: expect.stringContaining('worker-1') });
    await run(world, 'suspend', { deployment_id, confirm: 'shop' });
    expect(await powerOf(world.simulator, number)).toBe('s-1vcpu-1gb off');
    await run(world, 'resume', { deployment_id });
    expect(await powerOf(world.simulator, number)).toBe('s-1vcpu-1gb active');

    const kept = await run(world, 'provision_droplet', { ...worker, name: 'worker-2', deployment_id });
    const given = Number(kept.context['droplet_id']);
    const { deployment_id: other } = await world.get(provisioning.createDeployment, { tenant_id: 'acme', slug: 'b' });
    await observe(world, given, of(other));
    expect((await run(world, 'offboard', { deployment_id, confirm: 'shop' })).status).toBe('completed');
    expect([await powerOf(world.simulator, number), await powerOf(world.simulator, given)]).toEqual([
      'gone',
      's-1vcpu-1gb active',
    ]);
    const spec = { resource_id: resourceId('digitalocean', 'droplet', String(given)) };
    expect((await world.get(provisioning.getDesiredState, spec)).spec).not.toBeNull();
  });

  it('is not suspended or offboarded while a droplet is being made for it, nor the other way round', async () => {
    await using world = await withProvider([
      { kind: '429', match: { method: 'POST', path: '^/v2/droplets' }, times: 2 },
    ]);
    const { deployment_id } = await world.get(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const stopping = { deployment_id, confirm: 'shop' };
    const provision = { kind: 'provision_droplet', inputs: { ...worker, deployment_id } } as const;
    const making = await world.get(provisioning.startSaga, provision);
    for (const kind of ['suspend', 'offboard'] as const) {
      expect(await world.ask(provisioning.startSaga, { kind, inputs: stopping })).toMatchObject({
        refused: 'conflict',
        saga_id: making.saga_id,
      });
    }
    expect((await ended(world, making.saga_id)).status).toBe('completed');
    const { saga_id } = await world.get(provisioning.startSaga, { kind: 'offboard', inputs: stopping });
    expect(await world.ask(provisioning.startSaga, provision)).toMatchObject({ refused: 'conflict' });
    expect((await ended(world, saga_id)).status).toBe('completed');
  });

  it('has one saga at a time, which can be cancelled between its steps and then undoes what it did', async () => {
    await using world = await withProvider([
      { kind: '429', match: { method: 'POST', path: '/v2/droplets/103/actions' }, times: 2 },
    ]);
    const { deployment_id } = await world.get(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    for (const number of [101, 104]) await observe(world, number, of(deployment_id));
    const { saga_id } = await world.get(provisioning.startSaga, {
      kind: 'suspend',
      inputs: { deployment_id, confirm: 'shop' },
    });
    expect(
      await world.ask(provisioning.startSaga, { kind: 'offboard', inputs: { deployment_id, confirm: 'shop' } }),
    ).toMatchObject({ refused: 'conflict', saga_id });
    await world.get(provisioning.cancelSaga, { saga_id });
    const saga = await ended(world, saga_id);
    expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'cancelled' } });
    expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-1gb active');
    expect((await world.get(provisioning.getDeployment, { deployment_id })).state).toBe('active');
    expect(await world.ask(provisioning.cancelSaga, { saga_id })).toMatchObject({ refused: 'conflict' });
  });
});

describe('drift', () => {
  const asked = (given: object) => ({
    drift_id: '77777777-7777-4777-8777-777777777777',
    resource_id: resourceId('digitalocean', 'droplet', '101'),
    deployment_id: null,
    tenant_id: null,
    kind: 'field' as const,
    field: 'size_slug',
    expected: 's-1vcpu-2gb',
    actual: 's-1vcpu-1gb',
    spec_version: 1,
    revision: 1,
    request: 1,
    requested_by: 'op',
    requested_at: '2026-04-01T00:00:00Z',
    ...given,
  });
  const replies = async (world: Started) =>
    (await publishedEvents(world.database, provisioning.resourceProvisioned)).flatMap(({ data }) =>
      data.in_reply_to === null ? [] : [data],
    );
  const want = (world: Started, spec: Record<string, string>) =>
    world.get(provisioning.setDesiredState, { resource_id: resourceId('digitalocean', 'droplet', '101'), spec });

  it('that is accepted becomes what is wanted, once, unless that has changed meanwhile', async () => {
    await using world = await withProvider();
    await observe(world, 101);
    await want(world, { size_slug: 's-1vcpu-2gb', region: 'syd1' });
    await publishEvent(world.nats, drift.driftAccepted, asked({}));
    await publishEvent(world.nats, drift.driftAccepted, asked({}), { headers: { 'Nats-Msg-Id': 'again' } });
    await publishEvent(world.nats, drift.driftAccepted, asked({ request: 2 }));
    await world.running.settled();
    expect(await replies(world)).toMatchObject([
      {
        spec: { size_slug: 's-1vcpu-1gb', region: 'syd1' },
        spec_version: 2,
        in_reply_to: { outcome: 'accepted', request: 1 },
      },
      { spec_version: 2, in_reply_to: { outcome: 'refused', request: 2 } },
    ]);
  });

  it('that is reverted runs a saga, whose end is the answer', async () => {
    await using world = await withProvider();
    await observe(world, 101);
    await want(world, { size_slug: 's-1vcpu-2gb', region: 'syd1' });
    await publishEvent(world.nats, drift.driftRevertRequested, asked({}));
    const [reply] = await eventually('the answer', async () => {
      const found = await replies(world);
      return found.length > 0 ? found : null;
    });
    expect(reply).toMatchObject({
      spec: { size_slug: 's-1vcpu-2gb' },
      spec_version: 1,
      in_reply_to: { outcome: 'reverted' },
    });
    expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-2gb active');
  });

  it('whose reversal fails is refused with the step that failed', async () => {
    await using world = await withProvider([], {});
    await observe(world, 101);
    await want(world, { size_slug: 's-1vcpu-2gb' });
    await publishEvent(world.nats, drift.driftRevertRequested, asked({}));
    const [reply] = await eventually('the answer', async () => {
      const found = await replies(world);
      return found.length > 0 ? found : null;
    });
    expect(reply?.in_reply_to).toMatchObject({ outcome: 'refused', detail: expect.stringContaining('check-request') });
  });
});
