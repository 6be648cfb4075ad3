import {
  type EventData,
  inventorySync,
  type metering,
  nameUuid,
  projectId,
  provisioning,
  resourceId,
  serviceActor,
} from '@arcadia/contracts';
import { parseWorld, type Simulator, startSimulator, type World } from '@arcadia/digitalocean-simulator';
import { type FinanceStandIn, startFinanceStandIn } from '@arcadia/finance-stand-in';
import {
  createTenants,
  deploymentChangeOf,
  type FakeClock,
  fakeClock,
  publishEvent,
  startTestService,
  type TestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import type { Config } from '../src/config.ts';
import { service } from '../src/service.ts';
import type { Tables } from '../src/store/schema.ts';

export type Observed = EventData<typeof inventorySync.resourceObserved>;
export type Changed = EventData<typeof provisioning.deploymentChanged>;
export type Accrued = EventData<typeof metering.usageAccrued>;

export const operatorActor = serviceActor('billing-ingest');
export const acmeDeployment = '6f1c7a52-0a52-4b1e-9a57-1d2f6a0c9e01';
export const secret = 'a secret of at least thirty-two bytes';

export type Stage = AsyncDisposable & {
  readonly world: World;
  readonly simulator: Simulator;
  readonly finance: FinanceStandIn;
  readonly clock: FakeClock;
  readonly database: Awaited<ReturnType<typeof throwawayDatabase>>;
  readonly nats: Awaited<ReturnType<typeof throwawayNats>>;
  readonly billing: TestService<Tables, Config>;
  /** Publishes observations as inventory-sync does, and waits until they are handled. */
  observe(...states: Observed[]): Promise<void>;
  /** Publishes deployments as provisioning does, and their tenants, and waits until they are handled. */
  deploy(...changes: Changed[]): Promise<void>;
};

/** The service on its own servers, between a simulated provider and the finance stand-in. The clock stands at `at`. */
export async function openStage(given: {
  world: unknown;
  at?: string;
  withFinance?: boolean;
  env?: Record<string, string>;
}): Promise<Stage> {
  const stack = new AsyncDisposableStack();
  const world = parseWorld(typeof given.world === 'string' ? given.world : JSON.stringify(given.world), 'world.json');
  const clock = fakeClock(given.at ?? '2026-05-01T04:00:00Z');
  const simulator = stack.use(await startSimulator({ world, clock: clock.now }));
  const finance = await startFinanceStandIn({ secret });
  stack.defer(() => finance.stop());
  const database = stack.use(await throwawayDatabase({ service: 'billing-ingest' }));
  const nats = stack.use(await throwawayNats());
  const billing = stack.use(
    await startTestService(service, {
      database,
      nats,
      clock: clock as never,
      env: {
        DIGITALOCEAN_TOKEN: 'dop_v1_test',
        DIGITALOCEAN_API_URL: simulator.url,
        ...(given.withFinance === false ? {} : { FINANCE_URL: finance.url, FINANCE_SECRET: secret }),
        ...given.env,
      },
    }),
  );
  const owned = stack.move();
  return {
    world,
    simulator,
    finance,
    clock,
    database,
    nats,
    billing,
    observe: async (...states) => {
      await publishEvent(nats, inventorySync.resourceObserved, states);
      await billing.settled();
    },
    deploy: async (...changes) => {
      await createTenants(nats, ...changes.map(({ tenant_id }) => tenant_id));
      await publishEvent(nats, provisioning.deploymentChanged, changes);
      await billing.settled();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A resource as inventory-sync publishes it. */
export const observed = (fields: Partial<Observed> & { kind: string; provider_id: string }): Observed => ({
  resource_id: resourceId('digitalocean', fields.kind, fields.provider_id),
  provider: 'digitalocean',
  name: fields.provider_id,
  revision: 1,
  effective_at: '2026-03-31T23:00:00Z',
  observed_at: '2026-03-31T23:00:00Z',
  is_present: true,
  status: null,
  region: 'syd1',
  created_at: null,
  attrs: {},
  owner: unowned,
  cause: 'discovered',
  ...fields,
});

export const unowned: Observed['owner'] = {
  tenant_id: null,
  deployment_id: null,
  project_id: null,
  attributed_by: null,
};

export const ownedBy = (tenant_id: string, deployment_id: string | null): Observed['owner'] => ({
  tenant_id,
  deployment_id,
  project_id: null,
  attributed_by: 'project',
});

/** A deployment as provisioning publishes it. */
export const deployed = (tenant_id: string, deployment_id: string, fields: Partial<Changed> = {}): Changed =>
  deploymentChangeOf({ deployment_id, tenant_id, slug: 'shop', ...fields });

/** The resources of the pilot's provider on 31 March 23:00Z, as inventory-sync publishes them. */
export const pilotInventory = (world: World): Observed[] => {
  const internal = projectId('digitalocean', '9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c20');
  const ownerOf = (project: string | undefined) =>
    project === 'acme' ? ownedBy('acme', acmeDeployment) : { ...unowned, project_id: internal };
  const { provider } = world;
  const isCreated = ({ created_at }: { created_at?: string | null | undefined }) =>
    (created_at ?? '') <= '2026-03-31T23:00:00Z';
  const projectName = (reference: unknown) =>
    provider.projects.find(({ id, name }) => id === reference || name === reference)?.name;
  return [
    ...provider.droplets.map((each) =>
      observed({
        kind: 'droplet',
        provider_id: String(each.id),
        name: each.name,
        created_at: each.created_at,
        owner: ownerOf(projectName(each.project)),
        attrs: { size_slug: each.size },
      }),
    ),
    ...provider.volumes.map((each) =>
      observed({
        kind: 'volume',
        provider_id: each.id,
        name: each.name,
        created_at: each.created_at,
        owner: ownerOf(projectName(each.project)),
      }),
    ),
    ...provider.snapshots
      .filter(isCreated)
      .map((each) =>
        observed({ kind: 'snapshot', provider_id: each.id, name: each.name, created_at: each.created_at }),
      ),
    ...provider.reserved_ips.map((each) => observed({ kind: 'floating_ip', provider_id: each.ip, name: each.ip })),
  ];
};

/** A day of usage of one deployment as metering publishes it. */
export const accrued = (fields: Partial<Accrued> & Pick<Accrued, 'lines'>): Accrued => ({
  period: '2026-04',
  tenant_id: 'acme',
  deployment_id: acmeDeployment,
  granularity: 'daily',
  period_start: '2026-04-01T00:00:00Z',
  period_end: '2026-04-02T00:00:00Z',
  revision: 1,
  close_revision: 1,
  hash: nameUuid('hash'),
  ...fields,
});
