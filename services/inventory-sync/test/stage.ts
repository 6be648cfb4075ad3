import {
  type Actor,
  inventorySync as contracts,
  type EventData,
  type inventorySync,
  isRefusal,
  nameUuid,
  provisioning,
  type Refusal,
} from '@arcadia/contracts';
import { parseWorld, startSimulator } from '@arcadia/digitalocean-simulator';
import { playedClock } from '@arcadia/platform';
import {
  askService,
  deploymentChangeOf,
  publishEvent,
  publishedEvents,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { sql } from 'kysely';
import { service, syncJobs } from '../src/index.ts';

export const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
export const tenantActor = (tenant: string): Actor => ({
  subject: `user of ${tenant}`,
  tenant_id: tenant,
  roles: ['tenant'],
});
export const deploymentId = (name: string): string => nameUuid('deployment', name);

/** The answer; a refusal fails the test. */
export const granted = <Answer>(answer: Answer): Exclude<Answer, Refusal> => {
  if (isRefusal(answer)) throw new Error(`refused: ${answer.refused}: ${answer.detail}`);
  return answer as Exclude<Answer, Refusal>;
};

export type Observation = EventData<typeof inventorySync.resourceObserved>;

/** The history of a resource as a consumer of the stream builds it: for each instant the highest revision, in order of time. */
export const timeline = (observations: readonly Observation[], name: string): Observation[] => {
  const byInstant = new Map<string, Observation>();
  const own = observations.filter((one) => one.name === name || one.provider_id === name);
  for (const one of own.toSorted((a, b) => a.revision - b.revision)) byInstant.set(one.effective_at, one);
  return [...byInstant.values()].toSorted((a, b) =>
    Temporal.Instant.compare(Temporal.Instant.from(a.effective_at), Temporal.Instant.from(b.effective_at)),
  );
};

/** The service on a simulated account, with a clock that the test moves. */
export async function openStage(world: object, at: string, env: Record<string, string> = {}) {
  const stack = new AsyncDisposableStack();
  try {
    const database = stack.use(await throwawayDatabase({ service: 'inventory-sync' }));
    const nats = stack.use(await throwawayNats());
    const clock = playedClock(Temporal.Instant.from(at));
    const text = JSON.stringify({ name: 'test', period: '2026-04', ...world });
    const simulator = stack.use(
      await startSimulator({ world: parseWorld(text, 'test.json'), clock: () => clock.now() }),
    );
    const running = stack.use(
      await startTestService(service, {
        database,
        nats,
        clock,
        env: { DIGITALOCEAN_API_URL: simulator.url, DIGITALOCEAN_TOKEN: 'dop_v1_canary', ...env },
      }),
    );
    let runs = 0;
    const run = async (job: string, when: string) => {
      clock.set(Temporal.Instant.from(when));
      runs += 1;
      // A nanosecond of its own for each run, so that the same job can run twice at one played instant.
      await running.runJob(
        job,
        Temporal.Instant.from(when).add({ nanoseconds: runs }).toString(),
        job === 'say-present-states' ? { month: when.slice(0, 7) } : {},
      );
      await running.settled();
    };
    return {
      database,
      nats,
      clock,
      simulator,
      running,
      run,
      /** Runs every sync at one instant, in the proper order. */
      sweep: async (when: string) => {
        for (const { job } of syncJobs) await run(job, when);
      },
      observed: async () => (await publishedEvents(database, contracts.resourceObserved)).map(({ data }) => data),
      events: (type: string) =>
        sql<{
          subject: string;
          payload: Record<string, unknown>;
        }>`SELECT subject, payload FROM events WHERE type = ${type} ORDER BY number`.execute(running.context.db),
      /** The published entries of the resources' own logs, by resource and revision. */
      logged: async () => {
        const { rows } = await sql<{
          resource_id: string;
          revision: number;
          effective_at: string;
          is_present: boolean;
          cause: string;
        }>`
          SELECT resource_id, revision, effective_at, (state ->> 'is_present')::boolean AS is_present, type AS cause
          FROM cloud_resource_events WHERE revision IS NOT NULL ORDER BY resource_id, revision`.execute(
          running.context.db,
        );
        return rows;
      },
      /** Every row of every table of the service, as text. */
      everythingKept: async () => {
        const { db } = running.context;
        const tables = await sql<{ name: string }>`
          SELECT relname AS name FROM pg_class
          WHERE relnamespace = 'inventory'::regnamespace AND relkind IN ('r', 'p')`.execute(db);
        const rows = await Promise.all(
          tables.rows.map(({ name }) =>
            sql<{ row: string }>`SELECT t::text AS row FROM ${sql.table(name)} AS t`.execute(db),
          ),
        );
        return rows.flatMap((table) => table.rows.map(({ row }) => row)).join('\n');
      },
      swept: async () => (await publishedEvents(database, contracts.inventorySwept)).map(({ data }) => data),
      ask: <Contract extends Parameters<typeof askService>[1]>(
        contract: Contract,
        input: Parameters<typeof askService<Contract>>[2],
        actor = operator,
      ) => askService(nats, contract, input, { actor }),
      deploy: async (name: string, given: Partial<EventData<typeof provisioning.deploymentChanged>> = {}) => {
        const made = { region: 'syd1', created_at: '2026-03-01T00:00:00Z', effective_at: '2026-03-01T00:00:00Z' };
        const own = { deployment_id: deploymentId(name), tenant_id: 'acme', slug: name };
        await publishEvent(nats, provisioning.deploymentChanged, deploymentChangeOf({ ...own, ...made, ...given }));
        await running.settled();
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
