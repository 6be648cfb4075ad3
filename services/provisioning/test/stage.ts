import {
  type Actor,
  inventorySync,
  isRefusal,
  provisioning,
  type Refusal,
  type RequestContract,
  type RequestOutput,
  resourceId,
} from '@arcadia/contracts';
import { parseWorld, type Simulator, startSimulator } from '@arcadia/digitalocean-simulator';
import type { Env } from '@arcadia/platform';
import {
  askService,
  createTenants,
  eventually,
  type FakeClock,
  fakeClock,
  publishEvent,
  startTestService,
  type TestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import type { z } from 'zod';
import type { Config } from '../src/config.ts';
import { service } from '../src/index.ts';
import type { Tables } from '../src/store/schema.ts';

export const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
export const tenant = (id: string): Actor => ({ subject: `someone@${id}`, tenant_id: id, roles: ['tenant'] });

/** The tenants of every stage. */
const tenants = ['acme', 'early', 'modest', 'mover', 'one', 'owner', 'payer', 'reader', 'stranger', 'tags', 'two'];

export type Stage = AsyncDisposable & {
  database: Awaited<ReturnType<typeof throwawayDatabase>>;
  nats: Awaited<ReturnType<typeof throwawayNats>>;
  clock: FakeClock;
  running: TestService<Tables, Config>;
  /** Sends a request and returns its reply or its refusal; the operator sends it by default. */
  request<C extends RequestContract>(
    contract: C,
    input: z.input<C['input']>,
    actor?: Actor,
  ): Promise<RequestOutput<C> | Refusal>;
  /** Sends a request and returns its reply; a refusal throws. */
  reply<C extends RequestContract>(contract: C, input: z.input<C['input']>, actor?: Actor): Promise<RequestOutput<C>>;
};

export type Faults = {
  kind: string;
  status?: number;
  message?: string;
  retry_after?: number;
  match?: { method?: string; path?: string };
  skip?: number;
  times?: number;
  seconds?: number;
  from?: string;
  until?: string;
}[];

/** A connection between the service and the simulated provider, which may lose messages. */
export type Line = (url: string) => Promise<{ url: string } & AsyncDisposable>;

export type ProviderStage = Stage & { simulator: Simulator };

/** Provisioning on servers of its own, without a provider. Its clock stands at the beginning of April. */
export async function openStage(env: Env = {}, clock = fakeClock('2026-04-01T00:00:00Z')): Promise<Stage> {
  const database = await throwawayDatabase({ service: 'provisioning' });
  const nats = await throwawayNats();
  const running = await startTestService(service, { database, nats, clock, env });
  await createTenants(nats, ...tenants);
  await running.settled();
  const request: Stage['request'] = (contract, input, actor = operator) => askService(nats, contract, input, { actor });
  return {
    database,
    nats,
    clock,
    running,
    request,
    async reply(contract, input, actor) {
      const reply = await request(contract, input, actor);
      if (isRefusal(reply)) throw new Error(`${contract.name} was refused: ${reply.detail}`);
      return reply as never;
    },
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

const account = {
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
};

/** Provisioning with a simulated provider that has four droplets and the given faults. */
export async function openProviderStage(
  faults: Faults = [],
  env: Record<string, string> = { ARCADIA_WRITE: '1' },
  given: { provider?: object; line?: Line } = {},
): Promise<ProviderStage> {
  const text = JSON.stringify({ period: '2026-04', provider: { ...account, ...given.provider, faults } });
  const clock = fakeClock('2026-04-01T00:00:00Z');
  const simulator = await startSimulator({ world: parseWorld(text, 'account.json'), clock: () => clock.now() });
  const line = await given.line?.(simulator.url);
  const url = line?.url ?? simulator.url;
  const stage = await openStage({ DIGITALOCEAN_API_URL: url, DIGITALOCEAN_TOKEN: 'token', ...env }, clock);
  return {
    ...stage,
    simulator,
    [Symbol.asyncDispose]: async () => {
      await stage[Symbol.asyncDispose]();
      await line?.[Symbol.asyncDispose]();
      await simulator.stop();
    },
  };
}

export const untilEnded = (stage: Stage, sagaId: string) =>
  eventually(
    'the saga ends',
    async () => {
      const saga = await stage.reply(provisioning.getSaga, { saga_id: sagaId });
      return ['completed', 'failed', 'rolled_back'].includes(saga.status) ? saga : null;
    },
    { timeoutMs: 60_000 },
  );

/** Starts a saga and waits for its end. */
export const runSaga = async (stage: Stage, kind: provisioning.SagaKind, inputs: object) => {
  const { saga_id } = await stage.reply(provisioning.startSaga, { kind, inputs: inputs as never });
  return untilEnded(stage, saga_id);
};

/** The inputs of a saga that provisions a droplet. */
export const worker = { name: 'worker-1', region: 'syd1', size_slug: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64' };

/** The number of droplets that the provider was made to create. */
export const creationsAt = (simulator: Simulator): number =>
  simulator.requests.filter(
    ({ method, path, status }) => method === 'POST' && path === '/v2/droplets' && status === 202,
  ).length;

export const actionsAt = (simulator: Simulator): string[] => simulator.snapshot().actions.map(({ type }) => type);

/** Publishes an observation of a droplet and waits until it is consumed. */
export const observe = async (stage: Stage, number: number, given: object = {}): Promise<void> => {
  await publishEvent(stage.nats, inventorySync.resourceObserved, {
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
  await stage.running.settled();
};

/** The size and the power state of a droplet at the provider, such as `s-1vcpu-1gb off`, or `gone`. */
export const powerOf = async (simulator: Simulator, id: number): Promise<string> => {
  const reply = await fetch(`${simulator.url}/v2/droplets/${id}`, { headers: { authorization: 'Bearer token' } });
  if (reply.status === 404) return 'gone';
  const { droplet } = (await reply.json()) as { droplet: { status: string; size_slug: string } };
  return `${droplet.size_slug} ${droplet.status}`;
};
