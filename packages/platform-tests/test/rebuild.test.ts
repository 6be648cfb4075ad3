import { isRefusal, rebuildRequest } from '@arcadia/contracts';
import { askService, startTestService } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { placeOrder, till } from './echo-service.ts';
import { forkService } from './service-process.ts';
import { actor, openStage, operator, type Stage } from './stage.ts';

const notedIn = async ({ context }: Pick<Stage['till'], 'context'>): Promise<string[]> =>
  (await context.db.selectFrom('noted').select('order_name').orderBy('order_name').execute()).map(
    ({ order_name }) => order_name,
  );

/** Has an operator ask for a rebuild of the till, and ends it, as a minute later every replica has ended. */
async function endedForRebuild({ nats, till: service }: Stage): Promise<void> {
  const reply = await askService(nats, rebuildRequest('invoicing'), {}, { actor: operator });
  expect(reply).toEqual({ tables: ['noted'] });
  // The service ends by itself, for its supervisor to start it again.
  expect(await service.failed).toContain('asked to rebuild tables');
  await sql`UPDATE job_runs SET created_at = created_at - interval '1 minute' WHERE name = 'rebuild'`.execute(
    service.context.db,
  );
  await service.stop();
}

test('a rebuild writes the tables of a consumer again from the stream, also after it was interrupted, and publishes nothing', async () => {
  await using stage = await openStage();
  for (const order of ['a', 'b', 'c']) await askService(stage.nats, placeOrder, { order, amount: 5 }, { actor });
  await stage.settled();
  const published = async () => (await stage.shop.bus.jsm.streams.info('INVOICING')).state.messages;
  const before = { published: await published(), bills: await stage.bills() };
  expect(await notedIn(stage.till)).toEqual(['a', 'b', 'c']);
  await sql`DELETE FROM noted WHERE order_name = 'a'`.execute(stage.till.context.db);

  await endedForRebuild(stage);
  const url = stage.database.urlOf('invoicing');
  const access = { NATS_URL: stage.nats.url, DATABASE_URL: url };
  const doomed = forkService('till', { ...access, ARCADIA_FAILPOINTS: 'rebuild.emptied=kill' });
  expect(await doomed.ended).toBe('SIGKILL');

  await using again = await startTestService(till, { nats: stage.nats, database: { url } });
  // It is ready only now that the table is whole.
  expect(await notedIn(again)).toEqual(['a', 'b', 'c']);
  await again.settled();
  expect(await again.context.db.selectFrom('bills').selectAll().orderBy('order_name').execute()).toEqual(before.bills);
  expect(await published()).toBe(before.published);
  const { rows } = await sql`SELECT tablename FROM pg_tables WHERE tablename LIKE 'before_rebuild%'`.execute(
    again.context.db,
  );
  expect(rows).toEqual([]);
});

test('two replicas that start together rebuild once, and rows of messages that the stream no longer holds stay', async () => {
  await using stage = await openStage();
  for (const order of ['a', 'b']) await askService(stage.nats, placeOrder, { order, amount: 5 }, { actor });
  await stage.settled();
  await sql`INSERT INTO noted VALUES ('older than the stream', 1)`.execute(stage.till.context.db);

  await endedForRebuild(stage);
  const options = { nats: stage.nats, database: { url: stage.database.urlOf('invoicing') } };
  const replicas = await Promise.all([startTestService(till, options), startTestService(till, options)]);
  await using first = replicas[0];
  await using second = replicas[1];
  for (const replica of [first, second]) expect(await notedIn(replica)).toEqual(['a', 'b', 'older than the stream']);
  await askService(stage.nats, placeOrder, { order: 'z', amount: 5 }, { actor });
  await expect.poll(() => notedIn(first)).toContain('z');
});

test('a service without such tables refuses a rebuild', async () => {
  await using stage = await openStage();
  const reply = await askService(stage.nats, rebuildRequest('metering'), {}, { actor: operator });
  expect(isRefusal(reply) && reply.refused).toBe('nothing-to-rebuild');
});
