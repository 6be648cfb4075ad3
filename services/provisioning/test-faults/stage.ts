import {
  type Actor,
  inventorySync,
  isRefusal,
  provisioning,
  type RequestContract,
  type RequestOutput,
  resourceId,
} from '@arcadia/contracts';
import { parseWorld, startSimulator } from '@arcadia/digitalocean-simulator';
import { askService, eventually, publishEvent, said, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import type { z } from 'zod';
import { forkReplica, type Replica } from './replica.ts';

const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
const fleet = 600;
const projectId = '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10';

const world = parseWorld(
  JSON.stringify({
    period: '2026-04',
    provider: {
      account: { droplet_limit: 10_000 },
      // The stage's many requests are not what is tested.
      rate_limit: { per_minute: 1_000_000, per_hour: 1_000_000 },
      projects: [
        { name: 'Default', is_default: true },
        { name: 'acme', id: projectId },
      ],
      droplets: Array.from({ length: fleet }, (_, index) => ({
        id: 1_000 + index,
        name: `web-${index}`,
        project: 'acme',
      })),
    },
  }),
  'kill-matrix.json',
);

export type Saga = RequestOutput<typeof provisioning.getSaga>;

export type Stage = AsyncDisposable & {
  get<C extends RequestContract>(contract: C, input: z.input<C['input']>): Promise<RequestOutput<C>>;
  /** A deployment with this many droplets of its own. */
  newDeployment(droplets: number): Promise<{ deploymentId: string; slug: string; droplets: number[] }>;
  /** Runs a saga to its end; `visit` is called at each failpoint and says whether the replica there dies. */
  run(kind: provisioning.SagaKind, inputs: object, visit: (point: string) => 'on' | 'kill'): Promise<Saga>;
  /** The types of what was done to a droplet at the provider, in order. */
  doneTo(dropletId: string): string[];
  /** The droplets that carry a saga's tag at the provider. */
  madeBy(sagaId: string): Promise<{ id: number; status: string }[]>;
  dropletStatus(dropletId: string | number): Promise<string>;
  /** What was said of a saga: the revisions, in order. */
  revisionsOf(sagaId: string): Promise<number[]>;
};

/** Two replicas that may die at any time and are replaced, on servers of their own. */
export async function openStage(): Promise<Stage> {
  const database = await throwawayDatabase({ service: 'provisioning' });
  const nats = await throwawayNats();
  const simulator = await startSimulator({ world, clock: () => Temporal.Now.instant() });
  const env = {
    NATS_URL: nats.url,
    DATABASE_URL: database.url,
    DIGITALOCEAN_API_URL: simulator.url,
    DIGITALOCEAN_TOKEN: 't',
    ARCADIA_WRITE: '1',
  };
  let visit: (point: string) => 'on' | 'kill' = () => 'on';
  let isClosing = false;
  const replicas = new Set<Replica>();
  /** The replacements that are on their way. */
  const spawning = new Set<Promise<void>>();
  /** Rejects when a replica that died could not be replaced. */
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  const spawn = async (): Promise<void> => {
    const replica = await forkReplica(env, (point) => visit(point));
    replicas.add(replica);
    void replica.ended.then(() => {
      replicas.delete(replica);
      if (isClosing) return;
      const replaced = spawn()
        .catch(broken.reject)
        .finally(() => spawning.delete(replaced));
      spawning.add(replaced);
    });
  };
  await Promise.all([spawn(), spawn()]);

  const get: Stage['get'] = async (contract, input) => {
    const answer = await eventually(contract.name, () => askService(nats, contract, input, { actor: operator }), {
      timeoutMs: 20_000,
    });
    if (isRefusal(answer)) throw new Error(`${contract.name}: ${answer.detail}`);
    return answer as never;
  };
  const provider = async (path: string): Promise<Response> =>
    fetch(`${simulator.url}/v2${path}`, { headers: { authorization: 'Bearer t' } });
  /** A droplet that was heard of is confirmed by its name; of any other only the number is known. */
  const isKnown = async (index: number): Promise<boolean> => {
    const inputs = { provider_id: String(1_000 + index), size_slug: 's-1vcpu-2gb', confirm: '?' };
    const answer = await askService(
      nats,
      provisioning.startSaga,
      { kind: 'resize_droplet', inputs },
      { actor: operator },
    );
    return isRefusal(answer) && answer.detail.includes(`web-${index}`);
  };
  let nextDroplet = 0;
  let nextDeployment = 0;

  return {
    get,
    async newDeployment(count) {
      nextDeployment += 1;
      const slug = `d${nextDeployment}`;
      const project = nextDeployment === 1 ? [{ provider: 'digitalocean', provider_project_id: projectId }] : [];
      const made = await get(provisioning.createDeployment, { tenant_id: 'acme', slug, project_bindings: project });
      const droplets = Array.from({ length: count }, (_, index) => nextDroplet + index);
      nextDroplet += count;
      if (nextDroplet > fleet) throw new Error('the fleet is used up');
      await publishEvent(
        nats,
        inventorySync.resourceObserved,
        droplets.map((index) => observed(index, made.deployment_id)),
      );
      await Promise.all(
        droplets.map((index) => eventually('the droplet is known', () => isKnown(index), { timeoutMs: 120_000 })),
      );
      return { deploymentId: made.deployment_id, slug, droplets: droplets.map((index) => 1_000 + index) };
    },
    async run(kind, inputs, asked) {
      visit = asked;
      try {
        const started = await eventually(
          'the saga starts',
          () => get(provisioning.startSaga, { kind, inputs: inputs as never }),
          { timeoutMs: 20_000 },
        );
        const end = eventually(
          `saga ${started.saga_id} ends`,
          async () => {
            const saga = await get(provisioning.getSaga, { saga_id: started.saga_id });
            return saga.finished_at === null ? null : saga;
          },
          { timeoutMs: 90_000, everyMs: 100 },
        );
        return await Promise.race([end, broken.promise]);
      } finally {
        visit = () => 'on';
      }
    },
    doneTo: (dropletId) =>
      simulator
        .snapshot()
        .actions.filter(({ resourceId: id }) => id === dropletId)
        .map(({ type }) => type),
    async madeBy(sagaId) {
      const answer = await provider(`/droplets?per_page=200&tag_name=arcadia-saga:${sagaId}`);
      return ((await answer.json()) as { droplets: { id: number; status: string }[] }).droplets;
    },
    async dropletStatus(dropletId) {
      const answer = await provider(`/droplets/${dropletId}`);
      if (answer.status === 404) return 'gone';
      const { droplet } = (await answer.json()) as { droplet: { size_slug: string; status: string } };
      return `${droplet.size_slug} ${droplet.status}`;
    },
    revisionsOf: async (sagaId) =>
      (await said(database, provisioning.sagaChanged))
        .map(({ data }) => data)
        .filter((data) => data.saga_id === sagaId)
        .map(({ revision }) => revision),
    async [Symbol.asyncDispose]() {
      isClosing = true;
      await Promise.all(spawning);
      await Promise.all([...replicas].map((replica) => replica.stop()));
      await simulator.stop();
      await nats[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

const observed = (index: number, deploymentId: string) => ({
  resource_id: resourceId('digitalocean', 'droplet', String(1_000 + index)),
  provider: 'digitalocean',
  kind: 'droplet',
  provider_id: String(1_000 + index),
  name: `web-${index}`,
  revision: 1,
  effective_at: '2026-03-01T00:00:00Z',
  observed_at: '2026-03-31T23:00:00Z',
  is_present: true,
  status: 'active',
  region: 'syd1',
  created_at: '2026-03-01T00:00:00Z',
  attrs: { size_slug: 's-1vcpu-1gb' },
  owner: { tenant_id: 'acme', deployment_id: deploymentId, project_id: null, attributed_by: 'hand' as const },
  cause: 'discovered' as const,
});
