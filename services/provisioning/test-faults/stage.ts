import {
  type Actor,
  type EventContract,
  type EventData,
  inventorySync,
  isRefusal,
  provisioning,
  type RequestContract,
  type RequestOutput,
  resourceId,
} from '@arcadia/contracts';
import { startSimulator } from '@arcadia/digitalocean-simulator';
import {
  askService,
  createTenants,
  eventually,
  publishEvent,
  publishedEvents,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import type { z } from 'zod';
import type { Fate } from './replica.ts';
import { openReplicas } from './replicas.ts';
import { type Fault, firstDroplet, fleet, observedDroplet, projectId, worldOf } from './world.ts';

const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };

/** Milliseconds without a renewal after which a replica counts as dead. Short, because the matrix spends most of its time on it. */
export const leaseMs = 3_000;

export type Saga = RequestOutput<typeof provisioning.getSaga>;

/** The effects of a run at the provider: how many resources it created, which of them are left, and which earlier ones are gone. */
export type Traces = { made: number; left: string[]; gone: string[] };

export type Stage = AsyncDisposable & {
  reply<C extends RequestContract>(contract: C, input: z.input<C['input']>): Promise<RequestOutput<C>>;
  publish<C extends EventContract>(contract: C, data: EventData<C>): Promise<void>;
  publishedEvents<C extends EventContract>(contract: C): Promise<EventData<C>[]>;
  /** A deployment with this many droplets of its own. */
  newDeployment(droplets: number): Promise<{ deploymentId: string; slug: string; droplets: string[] }>;
  /** Starts a saga. A repetition, because a replica died before it replied, starts no second saga. */
  start(kind: provisioning.SagaKind, inputs: object): Promise<string>;
  /** Runs a saga to its end; `visit` is called at each failpoint and decides whether the replica there dies. */
  run(start: () => Promise<string>, visit: (point: string) => Fate | Promise<Fate>): Promise<{ saga: Saga } & Traces>;
  /** The types of the provider's actions on a droplet, in order. */
  actionsOn(dropletId: string): string[];
  /** The droplets with a saga's tag at the provider. */
  createdBy(sagaId: string): Promise<{ id: number; status: string }[]>;
  dropletStatus(dropletId: string): Promise<string>;
};

/** Two replicas that may die at any time and are replaced, with a provider, on servers of their own. */
export async function openStage(faults: readonly Fault[] = []): Promise<Stage> {
  const database = await throwawayDatabase({ service: 'provisioning' });
  const nats = await throwawayNats();
  const simulator = await startSimulator({ world: worldOf(faults), clock: () => Temporal.Now.instant() });
  let visit: (point: string) => Fate | Promise<Fate> = () => 'continue';
  let lastPoint = '';
  let points = 0;
  const replicas = await openReplicas(
    {
      NATS_URL: nats.url,
      DATABASE_URL: database.url,
      DIGITALOCEAN_API_URL: simulator.url,
      DIGITALOCEAN_TOKEN: 't',
      ARCADIA_WRITE: '1',
      SAGA_LEASE_MS: String(leaseMs),
    },
    (point) => {
      lastPoint = point;
      points += 1;
      return visit(point);
    },
  );

  await createTenants(nats, 'acme');

  const reply = async <C extends RequestContract>(
    contract: C,
    input: z.input<C['input']>,
    // One key for all repetitions: a command whose reply is lost takes effect once.
    idempotencyKey: string = crypto.randomUUID(),
  ): Promise<RequestOutput<C>> => {
    const options = { actor: operator, idempotencyKey };
    const received = await eventually(contract.name, () => askService(nats, contract, input, options), {
      timeoutMs: 20_000,
    });
    if (isRefusal(received)) throw new Error(`${contract.name} was refused: ${received.detail}`);
    return received as never;
  };
  const provider = (path: string): Promise<Response> =>
    fetch(`${simulator.url}/v2${path}`, { headers: { authorization: 'Bearer t' } });
  /** The refusal of a resize names a droplet that was observed, and gives only the number of any other. */
  const isKnown = async (id: string, name: string): Promise<boolean> => {
    const inputs = { provider_id: id, size_slug: 's-1vcpu-2gb', confirm: '?' };
    const received = await askService(
      nats,
      provisioning.startSaga,
      { kind: 'resize_droplet', inputs },
      { actor: operator },
    );
    return isRefusal(received) && received.detail.includes(name);
  };
  const tracesSince = (start: number): Traces => {
    const objects = simulator.snapshot().objects.map((object) => ({ ...object, text: `${object.kind} ${object.id}` }));
    const made = objects.filter(({ createdAt }) => createdAt >= start);
    return {
      made: made.length,
      left: made.filter(({ destroyedAt }) => destroyedAt === null).map(({ text }) => text),
      gone: objects
        .filter(({ createdAt, destroyedAt }) => createdAt < start && (destroyedAt ?? 0) >= start)
        .map(({ text }) => text),
    };
  };
  let usedDroplets = 0;
  let usedSlugs = 0;

  return {
    reply: (contract, input) => reply(contract, input),
    publish: async (contract, data) => {
      await publishEvent(nats, contract, data);
    },
    publishedEvents: async (contract) => (await publishedEvents(database, contract)).map(({ data }) => data),
    async newDeployment(count) {
      usedSlugs += 1;
      const slug = `d${usedSlugs}`;
      const project = usedSlugs === 1 ? [{ provider: 'digitalocean', provider_project_id: projectId }] : [];
      const input = { tenant_id: 'acme', slug, project_bindings: project, allow_unknown_bindings: true };
      const { deployment_id } = await reply(provisioning.createDeployment, input, slug);
      const numbers = Array.from({ length: count }, (_, index) => usedDroplets + index);
      usedDroplets += count;
      if (usedDroplets > fleet) throw new Error('the fleet is used up');
      const observed = numbers.map((number) => observedDroplet(number, deployment_id));
      await publishEvent(nats, inventorySync.resourceObserved, observed);
      await Promise.all(
        observed.map(({ provider_id, name }) =>
          eventually(`${name} is known`, () => isKnown(provider_id, name), { timeoutMs: 60_000 }),
        ),
      );
      return { deploymentId: deployment_id, slug, droplets: observed.map(({ provider_id }) => provider_id) };
    },
    start: async (kind, inputs) =>
      (await reply(provisioning.startSaga, { kind, inputs: inputs as never }, crypto.randomUUID())).saga_id,
    async run(start, visitor) {
      const begun = Date.now();
      let checkedAt = -1;
      let nextCheck = 0;
      visit = visitor;
      try {
        const end = start().then((sagaId) =>
          eventually(
            `saga ${sagaId} ends`,
            async () => {
              // Only a settled turn can end a saga; its worker is then finished, or dead.
              if (!lastPoint.endsWith('.settled') || (points === checkedAt && Date.now() < nextCheck)) return null;
              checkedAt = points;
              nextCheck = Date.now() + 1_000;
              const saga = await reply(provisioning.getSaga, { saga_id: sagaId });
              return saga.finished_at === null ? null : saga;
            },
            { timeoutMs: 90_000 },
          ),
        );
        const saga = await Promise.race([end, replicas.broken]);
        return { saga, ...tracesSince(begun) };
      } finally {
        visit = () => 'continue';
      }
    },
    actionsOn: (dropletId) =>
      simulator
        .snapshot()
        .actions.filter(({ resourceId: id }) => id === dropletId)
        .map(({ type }) => type),
    async createdBy(sagaId) {
      const response = await provider(`/droplets?per_page=200&tag_name=arcadia-saga:${sagaId}`);
      return ((await response.json()) as { droplets: { id: number; status: string }[] }).droplets;
    },
    async dropletStatus(dropletId) {
      const response = await provider(`/droplets/${dropletId}`);
      if (response.status === 404) return 'gone';
      const { droplet } = (await response.json()) as { droplet: { size_slug: string; status: string } };
      return `${droplet.size_slug} ${droplet.status}`;
    },
    async [Symbol.asyncDispose]() {
      await replicas.close();
      await simulator.stop();
      await nats[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

export const resourceOf = (dropletId: string): string => resourceId('digitalocean', 'droplet', dropletId);
export const nameOf = (dropletId: string): string => `web-${Number(dropletId) - firstDroplet}`;
