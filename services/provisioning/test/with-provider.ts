import { inventorySync, provisioning, resourceId } from '@arcadia/contracts';
import { parseWorld, type Simulator, startSimulator } from '@arcadia/digitalocean-simulator';
import { eventually, fakeClock, publishEvent } from '@arcadia/testkit';
import { type Started, startProvisioning } from './started.ts';

const small = {
  period: '2026-04',
  provider: {
    projects: [
      { name: 'Default', is_default: true },
      { name: 'acme', id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10' },
    ],
    droplets: [
      { id: 101, name: 'web-1', size: 's-1vcpu-1gb', project: 'acme' },
      { id: 102, name: 'web-2', size: 's-1vcpu-1gb', project: 'acme', ignores_shutdown: true },
      { id: 103, name: 'web-3', size: 's-1vcpu-1gb', project: 'acme', power: 'off' },
      { id: 104, name: 'web-4', size: 's-1vcpu-1gb', project: 'acme' },
    ],
  },
};

export type Faults = {
  kind: string;
  status?: number;
  match?: { method?: string; path?: string };
  skip?: number;
  times?: number;
}[];

/** Stands between the service and the simulator. */
export type Line = (url: string) => Promise<{ url: string } & AsyncDisposable>;

/** Provisioning beside a simulated provider with four droplets. */
export async function withProvider(
  faults: Faults = [],
  env: Record<string, string> = { ARCADIA_WRITE: '1' },
  given: { provider?: object; line?: Line } = {},
) {
  const text = JSON.stringify({ ...small, provider: { ...small.provider, ...given.provider, faults } });
  const world = parseWorld(text, 'small.json');
  const clock = fakeClock('2026-04-01T00:00:00Z');
  const simulator = await startSimulator({ world, clock: () => clock.now() });
  const line = await given.line?.(simulator.url);
  const running = await startProvisioning(
    { DIGITALOCEAN_API_URL: line?.url ?? simulator.url, DIGITALOCEAN_TOKEN: 'token', ...env },
    clock,
  );
  return {
    ...running,
    simulator,
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      await line?.[Symbol.asyncDispose]();
      await simulator.stop();
    },
  };
}

export const ended = (world: Started, sagaId: string) =>
  eventually(
    'the saga ends',
    async () => {
      const saga = await world.get(provisioning.getSaga, { saga_id: sagaId });
      return ['completed', 'failed', 'rolled_back'].includes(saga.status) ? saga : null;
    },
    { timeoutMs: 25_000 },
  );

export const run = async (world: Started, kind: provisioning.SagaKind, inputs: Record<string, never> | object) => {
  const { saga_id } = await world.get(provisioning.startSaga, { kind, inputs: inputs as never });
  return ended(world, saga_id);
};

export const created = (simulator: Simulator) =>
  simulator.requests.filter(
    ({ method, path, status }) => method === 'POST' && path === '/v2/droplets' && status === 202,
  ).length;

export const worker = { name: 'worker-1', region: 'syd1', size_slug: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64' };

export const observe = async (world: Started, number: number, given: object = {}) => {
  await publishEvent(world.nats, inventorySync.resourceObserved, {
    resource_id: resourceId('digitalocean', 'droplet', String(number)),
    provider: 'digitalocean',
    kind: 'droplet',
    provider_id: String(number),
    name: `web-${number - 100}`,
    revision: 1,
    effective_at: '2026-03-01T00:00:00Z',
    observed_at: '2026-03-31T23:00:00Z',
    is_present: true,
    status: 'active',
    region: 'syd1',
    created_at: '2026-03-01T00:00:00Z',
    attrs: { size_slug: 's-1vcpu-1gb' },
    owner: { tenant_id: null, deployment_id: null, project_id: null, attributed_by: null },
    cause: 'discovered',
    ...given,
  });
  await world.running.settled();
};

export const powerOf = async (simulator: Simulator, id: number) => {
  const answer = await fetch(`${simulator.url}/v2/droplets/${id}`, { headers: { authorization: 'Bearer token' } });
  if (answer.status === 404) return 'gone';
  const { droplet } = (await answer.json()) as { droplet: { status: string; size_slug: string } };
  return `${droplet.size_slug} ${droplet.status}`;
};
