import { createLog, startService, untilQuiet } from '@arcadia/platform';
import {
  askService,
  startTestService,
  type ThrowawayDatabase,
  testEnv,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { placeOrder, shop, till } from './echo-service.ts';
import { forkService } from './service-process.ts';
import { actor, ordersPublished } from './stage.ts';

type Nats = Awaited<ReturnType<typeof throwawayNats>>;

const large = { order: 'large', amount: 5, lines: Array.from({ length: 14_000 }, () => 'x'.repeat(50)) };

const startShop = (nats: Nats, database: ThrowawayDatabase) =>
  startTestService(shop, { nats, database: { url: database.urlOf('metering') } });
/** With as few connections as a service may have: what waits for a lock must not wait for a connection that another waiter holds. */
const startTill = (nats: Nats, database: ThrowawayDatabase) =>
  startTestService(till, {
    nats,
    database: { url: database.urlOf('invoicing') },
    env: { DATABASE_CONNECTIONS: '2' },
  });

/** What was published, as the log holds it; the same before and after, but for the numbers. */
async function logOf<DB>(db: Kysely<DB>, stream: string): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT id, part, parts, stream, type, version, subject, occurred_at, headers::text, md5(payload::text) AS payload
    FROM events WHERE stream = ${stream} ORDER BY number`.execute(db);
  return rows;
}

const isOrder = (row: unknown): boolean => (row as { type: string }).type === 'usage.reported';

async function tableOf<DB>(db: Kysely<DB>, table: string): Promise<unknown[]> {
  const { rows } = await sql`SELECT * FROM ${sql.table(table)} ORDER BY 1, 2, 3`.execute(db);
  return rows;
}

test('a database that was set back takes back from the streams what it had published and handled, and only then goes on', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['metering', 'invoicing'] });
  const place = (order: string) => askService(nats, placeOrder, { order, amount: 5 }, { actor });
  const keyed = { actor, idempotencyKey: 'one order' };
  const readState = async ({ shopDb, tillDb }: { shopDb: Kysely<never>; tillDb: Kysely<never> }) => ({
    published: await logOf(shopDb, 'METERING'),
    jobs: new Set((await logOf(shopDb, 'JOBS')).map((row) => (row as { id: string }).id)),
    orders: await tableOf(shopDb, 'orders'),
    bills: await tableOf(tillDb, 'bills'),
    billed: await logOf(tillDb, 'INVOICING'),
  });
  const stateOf = (selling: { context: { db: unknown } }, billing: { context: { db: unknown } }) =>
    readState({ shopDb: selling.context.db as Kysely<never>, tillDb: billing.context.db as Kysely<never> });

  let backup: { setBack(): Promise<void> };
  let before: Awaited<ReturnType<typeof readState>>;
  {
    await using selling = await startShop(nats, database);
    await using billing = await startTill(nats, database);
    await place('early');
    await untilQuiet([selling, billing]);
    backup = await database.snapshot();
    await expect.poll(async () => (await selling.health()).ok && (await billing.health()).ok).toBe(true);
    await place('early');
    await askService(nats, placeOrder, large, { actor });
    await place('ship-late');
    expect(await askService(nats, placeOrder, { order: 'keyed', amount: 5 }, keyed)).toEqual({ revision: 1 });
    await untilQuiet([selling, billing]);
    before = await stateOf(selling, billing);
    expect(before.bills).toHaveLength(4);
  }
  await backup.setBack();

  // The first replica is killed when every message is in the tables again, but its queues have not started over.
  const env = { NATS_URL: nats.url, DATABASE_URL: database.urlOf('metering') };
  const doomed = forkService('shop', { ...env, ARCADIA_FAILPOINTS: 'restore.taken-back=kill' });
  expect(await doomed.ended).toBe('SIGKILL');

  // Two replicas of one service: one restores, the other waits for it.
  const restarted = await Promise.all([
    startShop(nats, database),
    startShop(nats, database),
    startTill(nats, database),
  ]);
  await using selling = restarted[0];
  await using second = restarted[1];
  await using billing = restarted[2];
  await untilQuiet([selling, second, billing]);
  const after = await stateOf(selling, billing);
  expect(after).toEqual(before);
  // The next revision follows the published ones, and no message was published a second time.
  expect(await place('ship-late')).toEqual({ revision: 2 });
  expect(await place('early')).toEqual({ revision: 3 });
  // The answer to an idempotency key was state of the database alone.
  expect(await askService(nats, placeOrder, { order: 'keyed', amount: 5 }, keyed)).toEqual({ revision: 1 });
  await untilQuiet([selling, billing]);
  expect(await ordersPublished(selling)).toBe(before.published.filter(isOrder).length + 2);
  // The job that the lost transaction had enqueued was done again, once.
  const { rows } = await sql`SELECT day FROM ran WHERE day = 'ship-late'`.execute(selling.context.db);
  expect(rows.length).toBe(2); // one for each revision
});

test('a database that is set back under a running service stops its publications and is restored at the next start', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['metering'] });
  const log: string[] = [];
  const running = await startService(shop, {
    env: testEnv({ url: database.urlOf('metering') }, nats),
    log: createLog({ name: 'metering', level: 'error', destination: { write: (line) => void log.push(line) } }),
    scheduler: false,
  });
  const place = (order: string) => askService(nats, placeOrder, { order, amount: 5 }, { actor });
  const published = () => ordersPublished(running);
  await place('early');
  await expect.poll(published).toBe(1);
  const backup = await database.snapshot();
  await expect.poll(async () => (await running.health()).ok).toBe(true);
  await place('late');
  await expect.poll(published).toBe(2);
  await backup.setBack();
  expect(await running.failed).toMatch(/behind the streams.*its log lacks the last message of METERING/);
  expect((await running.health()).facts['database']).toMatchObject({
    ok: false,
    detail: expect.stringContaining('nothing is published until the service is started again'),
  });
  // A command of the moment between takes effect, but what it publishes waits.
  await expect.poll(() => place('between').catch(() => null)).toEqual({ revision: 1 });
  expect(await published()).toBe(2);
  expect(log.some((line) => line.includes('"alarm":true') && line.includes('behind the streams'))).toBe(true);
  await running.stop();

  await using restarted = await startShop(nats, database);
  await restarted.settled();
  expect(await tableOf(restarted.context.db, 'orders')).toMatchObject([
    { name: 'between' },
    { name: 'early' },
    { name: 'late' },
  ]);
  expect(await ordersPublished(restarted)).toBe(3);
});

test('a consumer that was deleted begins again where the database stands', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['metering', 'invoicing'] });
  await using selling = await startShop(nats, database);
  const place = (order: string) => askService(nats, placeOrder, { order, amount: 5 }, { actor });
  {
    await using billing = await startTill(nats, database);
    await place('early');
    await untilQuiet([selling, billing]);
  }
  await selling.bus.jsm.consumers.delete('METERING', 'invoicing_orders');
  await place('late');
  await selling.settled();
  await using billing = await startTill(nats, database);
  await billing.settled();
  expect(await tableOf(billing.context.db, 'bills')).toMatchObject([{ order_name: 'early' }, { order_name: 'late' }]);
});
