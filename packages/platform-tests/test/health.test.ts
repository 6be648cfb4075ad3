import { dismissDeadLetter, listDeadLetters, type RunningService } from '@arcadia/platform';
import { startTestService, throwawayDatabase, throwawayNats, throwawayPostgres } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { orderPlaced, poison, ship, shop } from './echo-service.ts';
import { openStage } from './stage.ts';

type Observed = Pick<RunningService, 'health'>;

const factOf = async (service: Observed, name: string) => (await service.health()).facts[name];
const order = (name: string) => ({ order: name, revision: 1, amount: 1, lines: [] });

test('health is not ok while a message has waited over a minute to be published, and ok once it is', async () => {
  await using stage = await openStage({ durable: true });
  const { db, transact } = stage.shop.context;
  await stage.nats.kill();
  await transact((tx) => tx.publish(orderPlaced, order('a')));
  await sql`UPDATE outbox SET recorded_at = recorded_at - interval '2 minutes'`.execute(db);
  expect(await factOf(stage.shop, 'relay')).toMatchObject({
    ok: false,
    waiting: 1,
    detail: expect.stringMatching(/^nothing has been published for 12\d seconds/),
  });
  await sql`UPDATE outbox SET recorded_at = recorded_at + interval '2 minutes'`.execute(db);
  await stage.nats.start();
  await expect.poll(() => factOf(stage.shop, 'relay'), { timeout: 20_000 }).toMatchObject({ ok: true, waiting: 0 });
  await stage.settled();
});

test('health is not ok while no replica is elected to publish', async () => {
  await using nats = await throwawayNats();
  await using postgres = await throwawayPostgres();
  await using service = await startTestService(shop, { nats, database: { url: postgres.url } });
  const { db } = service.context;
  await expect.poll(() => factOf(service, 'relay')).toMatchObject({ ok: true, has_leader: true });
  // The open sessions stay, but the relay, once its session is gone, gets no other one.
  await sql`UPDATE pg_database SET datallowconn = false WHERE datname = current_database()`.execute(db);
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'metering-relay'`.execute(
    db,
  );
  await expect
    .poll(() => factOf(service, 'relay'), { timeout: 10_000 })
    .toMatchObject({
      ok: false,
      has_leader: false,
      detail: expect.stringContaining('no replica is elected to publish'),
    });
  await sql`UPDATE pg_database SET datallowconn = true WHERE datname = current_database()`.execute(db);
  await expect.poll(() => factOf(service, 'relay'), { timeout: 10_000 }).toMatchObject({ ok: true, has_leader: true });
});

test('a job that failed for the last time is named in health and metrics until its dead letter is handled', async () => {
  await using stage = await openStage();
  await stage.shop.context.transact((tx) => tx.enqueue(ship, { order: 'broken' }, { cause: 'test' }));
  await expect
    .poll(() => factOf(stage.shop, 'jobs'))
    .toMatchObject({
      ok: false,
      dead: { ship: 1 },
      detail: expect.stringMatching(/^jobs that failed for the last time: ship \(1\); .*dead-letters requeue NUMBER/),
    });
  expect(await stage.shop.metrics.text()).toContain('arcadia_jobs_dead{job_name="ship",service="metering"} 1');
  const [letter] = await listDeadLetters(stage.shop.bus);
  await dismissDeadLetter(stage.shop.bus, letter?.number ?? 0);
  expect(await factOf(stage.shop, 'jobs')).toMatchObject({ ok: true, dead: {} });
  expect(await stage.shop.metrics.text()).toContain('arcadia_jobs_dead{job_name="ship",service="metering"} 0');
});

test('a parked message is named in health and metrics until it is handled', async () => {
  await using stage = await openStage();
  poison.isFixed = false;
  await stage.shop.context.transact((tx) => tx.publish(orderPlaced, order('poison')));
  await expect
    .poll(() => factOf(stage.till, 'dead letters'), { timeout: 20_000 })
    .toMatchObject({ ok: false, parked: { orders: 1 }, detail: expect.stringContaining('1 of orders') });
  expect(await stage.till.metrics.text()).toContain('arcadia_parked_messages{consumer="orders",service="invoicing"} 1');
  expect(await factOf(stage.shop, 'dead letters')).toMatchObject({ ok: true });
  const [letter] = await listDeadLetters(stage.till.bus);
  await dismissDeadLetter(stage.till.bus, letter?.number ?? 0);
  expect(await factOf(stage.till, 'dead letters')).toMatchObject({ ok: true });
});

test('health names a scheduled job that was due and is not enqueued', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database, scheduler: true });
  const { db } = service.context;
  const recorded = async () => (await sql`SELECT * FROM schedules`.execute(db)).rows;
  await expect.poll(recorded).toHaveLength(1);
  expect(await factOf(service, 'schedule')).toMatchObject({ ok: true });
  const setLast = (days: number) =>
    sql`UPDATE schedules SET last_scheduled_at = clock_timestamp() + make_interval(days => ${days}::int)`.execute(db);
  await setLast(-3);
  expect(await factOf(service, 'schedule')).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/^nightly was due at .*T01:10:00Z and is not enqueued$/),
  });
});
