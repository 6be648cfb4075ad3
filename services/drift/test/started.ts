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

export const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
export const start = '2026-04-01T00:00:00Z';

export type Observed = EventData<typeof inventorySync.resourceObserved>;
export type Provisioned = EventData<typeof provisioning.resourceProvisioned>;
export type Shown = RequestOutput<typeof drift.getDrift>;

const dropletId = (number: number) => resourceId('digitalocean', 'droplet', String(number));

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

export const wanted = (number: number, given: Partial<Provisioned> = {}): Provisioned => ({
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

/** Drift on servers of its own, its clock standing at the beginning of April. */
export async function startDrift() {
  const database = await throwawayDatabase({ service: 'drift' });
  const nats = await throwawayNats();
  const clock = fakeClock(start);
  const running = await startTestService(service, { database, nats, clock });
  const ask = <C extends RequestContract>(
    contract: C,
    input: z.input<C['input']>,
  ): Promise<RequestOutput<C> | Refusal> => askService(nats, contract, input, { actor: operator });
  return {
    database,
    nats,
    clock,
    running,
    ask,
    get: async <C extends RequestContract>(contract: C, input: z.input<C['input']>): Promise<RequestOutput<C>> => {
      const answer = await ask(contract, input);
      if (isRefusal(answer)) throw new Error(`${contract.name} was refused: ${answer.detail}`);
      return answer as never;
    },
    async observe(...events: Observed[]) {
      await publishEvent(nats, inventorySync.resourceObserved, events);
      await running.settled();
    },
    async want(...events: Provisioned[]) {
      await publishEvent(nats, provisioning.resourceProvisioned, events);
      await running.settled();
    },
    async swept(startedAt: string, kind = 'droplet') {
      const sweep = { provider: 'digitalocean', kind, sweep_id: crypto.randomUUID(), count: 1 };
      await publishEvent(nats, inventorySync.inventorySwept, {
        ...sweep,
        started_at: startedAt,
        completed_at: startedAt,
      });
      await running.settled();
    },
    /** The rows of one droplet, newest first. */
    async rows(number: number, status: 'open' | 'all' = 'open'): Promise<Shown[]> {
      const input = { resource: dropletId(number), status };
      return (await askOrThrow(ask, drift.listDrift, input)).items;
    },
    /** How many rows are open, and how many fields of resources they are about. */
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

async function askOrThrow<C extends RequestContract>(
  ask: (contract: C, input: z.input<C['input']>) => Promise<RequestOutput<C> | Refusal>,
  contract: C,
  input: z.input<C['input']>,
): Promise<RequestOutput<C>> {
  const answer = await ask(contract, input);
  if (isRefusal(answer)) throw new Error(answer.detail);
  return answer as never;
}
