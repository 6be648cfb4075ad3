import { provisioning, resourceId } from '@arcadia/contracts';
import { parseWorld, type Simulator, startSimulator } from '@arcadia/digitalocean-simulator';
import { eventually, said } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { type Started, startProvisioning } from './started.ts';

const small = {
  period: '2026-04',
  provider: {
    projects: [
      { name: 'Default', is_default: true },
      { name: 'acme', id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10' },
    ],
    droplets: [{ id: 101, name: 'web-1', size: 's-1vcpu-1gb', project: 'acme' }],
  },
};

type Faults = { kind: string; match?: { method?: string; path?: string }; skip?: number; times?: number }[];

async function withProvider(faults: Faults = [], env: Record<string, string> = { ARCADIA_WRITE: '1' }) {
  const world = parseWorld(JSON.stringify({ ...small, provider: { ...small.provider, faults } }), 'small.json');
  let started: Started | undefined;
  const simulator = await startSimulator({
    world,
    clock: () => started?.clock.now() ?? Temporal.Instant.from('2026-04-01T00:00:00Z'),
  });
  started = await startProvisioning({ DIGITALOCEAN_API_URL: simulator.url, DIGITALOCEAN_TOKEN: 'token', ...env });
  const running = started;
  return {
    ...running,
    simulator,
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      await simulator.stop();
    },
  };
}

const ended = (world: Started, sagaId: string) =>
  eventually(
    'the saga ends',
    async () => {
      const saga = await world.get(provisioning.getSaga, { saga_id: sagaId });
      return ['completed', 'failed', 'rolled_back'].includes(saga.status) ? saga : null;
    },
    { timeoutMs: 25_000 },
  );

const run = async (world: Started, kind: provisioning.SagaKind, inputs: Record<string, never> | object) => {
  const { saga_id } = await world.get(provisioning.startSaga, { kind, inputs: inputs as never });
  return ended(world, saga_id);
};

const created = (simulator: Simulator) =>
  simulator.requests.filter(
    ({ method, path, status }) => method === 'POST' && path === '/v2/droplets' && status === 202,
  ).length;

const worker = { name: 'worker-1', region: 'syd1', size_slug: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64' };

describe('the teaching saga', () => {
  it('of echo, echo, fail is rolled back with its two echoes compensated', async () => {
    await using world = await startProvisioning();
    const saga = await run(world, 'echo', {});
    expect(saga.status).toBe('rolled_back');
    expect(saga.steps.map(({ status }) => status)).toEqual(['compensated', 'compensated', 'failed']);
    expect(saga.error).toEqual({ compensate_from_idx: 1, reason: 'step_failed:fail' });
    await world.running.settled();
    const states = (await said(world.database, provisioning.sagaChanged)).map(({ data }) => data);
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
    const specs = (await said(world.database, provisioning.resourceProvisioned)).map(({ data }) => data);
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

  it('makes one only, although the provider answered 500 after making it', async () => {
    await using world = await withProvider([
      { kind: '500-after-effect', match: { method: 'POST', path: '^/v2/droplets$' }, times: 1 },
    ]);
    const saga = await run(world, 'provision_droplet', worker);
    expect(saga.status).toBe('completed');
    expect(world.simulator.snapshot().actions.filter(({ type }) => type === 'create')).toHaveLength(1);
    expect(saga.ledger[2]?.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'completed']);
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
