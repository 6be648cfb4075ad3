import { provisioning } from '@arcadia/contracts';
import { askService, startTestService } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { captures } from '../src/captures.ts';
import { service } from '../src/index.ts';
import { creationsAt, openProviderStage, operator, untilEnded, worker } from './stage.ts';

type Db = Awaited<ReturnType<typeof openProviderStage>>['running']['context']['db'];

/** The rows of every captured table as text, each table in the order of its rows. */
async function rowsOf(db: Db): Promise<Record<string, string[]>> {
  const tables = captures.map(async (table) => {
    const { rows } = await sql<{ row: string }>`SELECT row_to_json(t)::text AS row FROM ${sql.table(table)} t`.execute(
      db,
    );
    return [table, rows.map(({ row }) => row).toSorted()] as const;
  });
  return Object.fromEntries(await Promise.all(tables));
}

test('a saga that ended after the backup is known again, and nothing is done again at the provider', async () => {
  await using on = await openProviderStage();
  await on.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'early', display_name: 'Early' });
  await on.running.settled();
  const backup = await on.database.snapshot();
  await expect.poll(async () => (await on.running.health()).facts['relay']?.ok).toBe(true);

  const deployment = await on.reply(provisioning.createDeployment, {
    tenant_id: 'acme',
    slug: 'late',
    display_name: 'Late',
  });
  const keyed = { actor: operator, idempotencyKey: 'one droplet' };
  const begin = () =>
    askService(
      on.nats,
      provisioning.startSaga,
      { kind: 'provision_droplet', inputs: { ...worker, deployment_id: deployment.deployment_id } },
      keyed,
    );
  const begun = (await begin()) as { saga_id: string };
  expect(await untilEnded(on, begun.saga_id)).toMatchObject({ status: 'completed' });
  await on.running.settled();
  const before = await rowsOf(on.running.context.db);
  const published = async () => (await on.running.bus.jsm.streams.info('PROVISIONING')).state.messages;
  const count = await published();
  await on.running.stop();
  await backup.setBack();

  const env = { DIGITALOCEAN_API_URL: on.simulator.url, DIGITALOCEAN_TOKEN: 'token', ARCADIA_WRITE: '1' };
  await using restored = await startTestService(service, {
    database: on.database,
    nats: on.nats,
    clock: on.clock,
    env,
  });
  await restored.settled();
  expect(await rowsOf(restored.context.db)).toEqual(before);
  // The same command with the same key has the same answer; the droplet exists once.
  expect(await begin()).toEqual(begun);
  await restored.settled();
  expect(creationsAt(on.simulator)).toBe(1);
  expect((await restored.bus.jsm.streams.info('PROVISIONING')).state.messages).toBe(count);
}, 60_000);
