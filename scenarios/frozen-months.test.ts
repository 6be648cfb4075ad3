import { readdirSync } from 'node:fs';
import path from 'node:path';
import { definitions, servicesWithDatabase } from '@arcadia/app';
import { type Actor, invoicing, isRefusal, metering, type Refusal } from '@arcadia/contracts';
import { playedClock } from '@arcadia/platform';
import {
  askService,
  eventually,
  readRows,
  restoreOlder,
  startTestService,
  type TestNats,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { expect, test } from 'vitest';

const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
const folderOf = (service: string): string =>
  path.join(import.meta.dirname, '../services', service, 'test/older-databases');
/** The services whose events a proof and a replay read. */
const owners = ['inventory-sync', 'provisioning', 'metering', 'invoicing'];

/**
 * The databases that an older commit left after the pilot world, under today's services, on a nats-server that has lost everything:
 * the services bring the schemas up to date and publish their events again.
 */
async function upgraded(file: string) {
  const stack = new AsyncDisposableStack();
  try {
    const nats = stack.use(await throwawayNats());
    const database = stack.use(await throwawayDatabase({ services: servicesWithDatabase }));
    const frozen = definitions
      .filter(({ name }) => owners.includes(name))
      .map((service) => ({
        service,
        database: { ...database, url: database.urlOf(service.name), schema: service.schema ?? '' },
      }));
    for (const { service, database: own } of frozen)
      await restoreOlder(service, own, path.join(folderOf(service.name), file));
    const [last] = await readRows<{ at: string }>(
      { url: database.adminUrl },
      `SELECT to_char(max(occurred_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at FROM invoicing.events`,
    );
    const clock = playedClock(Temporal.Instant.from(last?.at ?? '').add({ hours: 1 }));
    for (const { service, database: own } of frozen)
      stack.use(await startTestService(service, { database: own, nats, clock }));
    return { nats, database, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

const granted = <Answer>(answer: Answer): Exclude<Answer, Refusal> => {
  if (isRefusal(answer)) throw new Error(`refused: ${answer.refused}: ${answer.detail}`);
  return answer as Exclude<Answer, Refusal>;
};

const prove = async (nats: TestNats, period: string): Promise<string> => {
  const { proof_id } = granted(await askService(nats, invoicing.startProof, { period }, { actor: operator }));
  return eventually('the proof ends', async () => {
    const { status } = granted(await askService(nats, invoicing.getProof, { proof_id }, { actor: operator }));
    return status === 'running' ? null : status;
  });
};

const replay = async (nats: TestNats, period: string) => {
  const { replay_id } = granted(await askService(nats, metering.startReplay, { period }, { actor: operator }));
  return eventually('the replay ends', async () => {
    const found = granted(await askService(nats, metering.getReplay, { replay_id }, { actor: operator }));
    return found.status === 'running' ? null : found;
  });
};

test.each(readdirSync(folderOf('metering')))(
  'the month that the commit of %s closed is proved, and agrees with its replay, after an upgrade and the loss of all streams',
  async (file) => {
    await using on = await upgraded(file);
    const invoices = await readRows<{ period: string; number: string }>(
      { url: on.database.adminUrl },
      `SELECT period, number FROM invoicing.tenant_invoices WHERE status IN ('issued', 'paid') ORDER BY number`,
    );
    expect(invoices.length).toBeGreaterThan(0);
    for (const period of new Set(invoices.map((invoice) => invoice.period))) {
      // A proof reads the streams, so it differs until everything is published again.
      await eventually(`the period ${period} is proved`, async () => (await prove(on.nats, period)) === 'proved', {
        timeoutMs: 60_000,
        everyMs: 500,
      });
      expect(await replay(on.nats, period)).toMatchObject({ status: 'agrees', differing: 0 });
    }
  },
);
