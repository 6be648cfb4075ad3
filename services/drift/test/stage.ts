import {
  type Actor,
  drift,
  type EventData,
  inventorySync,
  isRefusal,
  provisioning,
  type Refusal,
  type RequestContract,
  type RequestOutput,
  resourceId,
} from '@arcadia/contracts';
import {
  askService,
  fakeClock,
  publishEvent,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { sql } from 'kysely';
import type { z } from 'zod';
import { service } from '../src/index.ts';

const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
const start = '2026-04-01T00:00:00Z';

export type Observed = EventData<typeof inventorySync.resourceObserved>;
export type Provisioned = EventData<typeof provisioning.resourceProvisioned>;
type View = RequestOutput<typeof drift.getDrift>;

export const unowned = { tenant_id: null, deployment_id: null, project_id: null, attributed_by: null };

const dropletId = (number: number) => resourceId('digitalocean', 'droplet', String(number));

/** The actual state of a droplet; its default size differs from that of `provisioned`. */
export const observed = (number: number, given: Partial<Observed> = {}): Observed => ({
  resource_id: dropletId(number),
  provider: 'digitalocean',
  kind: 'droplet',
  provider_id: String(number),
  name: `web-${number}`,
  revision: 1,
  effective_at: start,
  observed_at: start,
  is_present: true,
  status: 'active',
  region: 'syd1',
  created_at: start,
  attrs: { size_slug: 's-1vcpu-1gb', tags: ['a', 'b'] },
  owner: { tenant_id: 'acme', deployment_id: null, project_id: null, attributed_by: 'project' },
  cause: 'discovered',
  ...given,
});

/** The desired state of a droplet. */
export const provisioned = (number: number, given: Partial<Provisioned> = {}): Provisioned => ({
  resource_id: dropletId(number),
  provider: 'digitalocean',
  kind: 'droplet',
  provider_id: String(number),
  deployment_id: null,
  tenant_id: null,
  spec: { size_slug: 's-1vcpu-2gb', region: 'syd1' },
  spec_version: 1,
  saga_id: null,
  in_reply_to: null,
  effective_at: start,
  revision: 1,
  ...given,
});

/** The drift service with its own database and NATS server; its clock stands at the beginning of April 2026. */
export async function openStage() {
  const database = await throwawayDatabase({ service: 'drift' });
  const nats = await throwawayNats();
  const clock = fakeClock(start);
  const running = await startTestService(service, { database, nats, clock });
  const request = <C extends RequestContract>(
    contract: C,
    input: z.input<C['input']>,
  ): Promise<RequestOutput<C> | Refusal> => askService(nats, contract, input, { actor: operator });
  /** Sends a request that must not be refused. */
  const get = async <C extends RequestContract>(contract: C, input: z.input<C['input']>): Promise<RequestOutput<C>> => {
    const reply = await request(contract, input);
    if (isRefusal(reply)) throw new Error(`${contract.name} was refused: ${reply.detail}`);
    return reply;
  };
  return {
    database,
    nats,
    clock,
    running,
    request,
    get,
    async observe(...events: Observed[]) {
      await publishEvent(nats, inventorySync.resourceObserved, events);
      await running.settled();
    },
    async provision(...events: Provisioned[]) {
      await publishEvent(nats, provisioning.resourceProvisioned, events);
      await running.settled();
    },
    async completeSync(startedAt: string, kind = 'droplet') {
      const sweep = { provider: 'digitalocean', kind, sweep_id: crypto.randomUUID(), count: 1 };
      await publishEvent(nats, inventorySync.inventorySwept, {
        ...sweep,
        started_at: startedAt,
        completed_at: startedAt,
      });
      await running.settled();
    },
    /** The rows of one droplet, newest first. */
    async rows(number: number, status: 'open' | 'all' = 'open'): Promise<View[]> {
      return (await get(drift.listDrift, { resource_id: dropletId(number), status })).items;
    },
    /** The number of open rows, and the number of different fields that they are about. */
    openRows: () =>
      sql<{ rows: string; fields: string }>`
        SELECT count(*) AS rows, count(DISTINCT (resource_id, field)) AS fields FROM cloud_drift WHERE status = 'open'`.execute(
        running.context.db,
      ),
    sweep: (at: string) => running.runJob('sweep-drift', at),
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
