import { setTimeout as delay } from 'node:timers/promises';
import { listDeadLetters, requeueDeadLetter, untilQuiet } from '@arcadia/platform';
import {
  eventually,
  fakeClock,
  publishRaw,
  startTestService,
  type TestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { nightly, opening, type ShopTables, ship, shop } from './echo-service.ts';

type Ran = { job: string; day: string; attempt: number | null };
async function ranOf(service: TestService<ShopTables, { greeting: string }>): Promise<Ran[]> {
  const found = await sql<Ran>`SELECT job, day, attempt FROM ran ORDER BY day, attempt`.execute(service.context.db);
  return found.rows;
}

test('two replicas with a schedule run each tick of a job once', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const clock = fakeClock('2026-04-01T02:00:00Z');
  await using first = await startTestService(shop, { nats, database, clock, scheduler: true });
  await using second = await startTestService(shop, { nats, database, clock, scheduler: true });
  await expect
    .poll(async () => {
      const known = await sql`SELECT * FROM schedules`.execute(first.context.db);
      return known.rows.length;
    })
    .toBe(1);
  for (const day of ['02', '03', '04']) {
    clock.set(`2026-04-${day}T01:10:00Z`);
    await expect
      .poll(async () => (await ranOf(first)).map((run) => run.day), { message: `the tick of the ${day} is done` })
      .toContain(`2026-04-${day}`);
  }
  await untilQuiet([first, second]);
  expect((await ranOf(first)).map((run) => run.day)).toEqual(['2026-04-02', '2026-04-03', '2026-04-04']);
});

test('ticks that passed while no replica ran are caught up, oldest first', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const clock = fakeClock('2026-04-01T00:00:00Z');
  {
    await using before = await startTestService(shop, { nats, database, clock, scheduler: true });
    await expect
      .poll(async () => {
        const known = await sql`SELECT * FROM schedules`.execute(before.context.db);
        return known.rows.length;
      })
      .toBe(1);
  }
  clock.set('2026-04-05T12:00:00Z');
  await using after = await startTestService(shop, { nats, database, clock, scheduler: true });
  await expect.poll(async () => (await ranOf(after)).length, { message: 'all are done' }).toBeGreaterThanOrEqual(5);
  await after.settled();
  const days = (await ranOf(after)).map((run) => run.day);
  expect(days).toEqual(['2026-04-01', '2026-04-02', '2026-04-03', '2026-04-04', '2026-04-05']);
});

test('a job triggered by hand for a tick that has run does not run again', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  await service.runJob('nightly', '2026-04-02T01:10:00Z');
  await service.runJob('nightly', '2026-04-02T01:10:00Z');
  await service.runJob('nightly', '2026-04-02T01:10:00Z', { day: '2026-04-02' });
  expect(await ranOf(service)).toHaveLength(1);
});

test('a failing job is retried with the same cause and done once', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  await service.context.transact((tx) => tx.enqueue(ship, { order: 'flaky' }, { cause: 'test' }));
  await expect.poll(() => ranOf(service), { message: 'the third attempt' }).toHaveLength(3);
  await service.settled();
  expect((await ranOf(service)).map((run) => run.attempt)).toEqual([1, 2, 3]);
  expect(await listDeadLetters(service.bus)).toEqual([]);
});

test('a job that fails at every attempt is parked, and requeuing its dead letter gives it another attempt', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  await service.context.transact((tx) => tx.enqueue(ship, { order: 'broken' }, { cause: 'test' }));
  const letter = await eventually('the job is parked', async () => (await listDeadLetters(service.bus))[0]);
  expect(letter).toMatchObject({ consumer: 'job-ship', fault: 'job-failed', attempts: 3 });
  expect(letter.detail).toContain('cannot be shipped');
  await requeueDeadLetter(service.bus, letter.number);
  const again = await eventually('the job is parked again', async () => (await listDeadLetters(service.bus))[0]);
  expect(again).toMatchObject({ attempts: 4 });
  await service.settled();
});

test('a lost database connection inside a job uses up no attempt, however often it happens', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  await service.context.transact((tx) => tx.enqueue(ship, { order: 'unlucky' }, { cause: 'test' }));
  await expect
    .poll(() => ranOf(service), { message: 'the run after seven lost connections', timeout: 20_000 })
    .toHaveLength(8);
  await service.settled();
  expect((await ranOf(service)).map((run) => run.attempt)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  expect(await listDeadLetters(service.bus)).toEqual([]);
  const runs = await sql`SELECT state, attempt, error FROM job_runs`.execute(service.context.db);
  expect(runs.rows).toEqual([{ state: 'done', attempt: 1, error: null }]);
});

test('a job that is not due yet is not recorded as done: it runs when its time comes, without a failed attempt', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const clock = fakeClock('2026-04-01T00:00:00Z');
  await using service = await startTestService(shop, { nats, database, clock });
  await service.context.transact((tx) => tx.enqueue(ship, { order: 'early' }, { cause: 'test' }));
  await expect
    .poll(async () => (await sql`SELECT state, attempt, error FROM job_runs`.execute(service.context.db)).rows)
    .toEqual([{ state: 'waiting', attempt: 1, error: expect.stringContaining('the shop is closed') }]);
  await service.settled();
  expect(await ranOf(service)).toHaveLength(1);
  clock.set(opening);
  await expect
    .poll(async () => (await sql`SELECT state, attempt, error FROM job_runs`.execute(service.context.db)).rows)
    .toEqual([{ state: 'done', attempt: 1, error: null }]);
  expect(await ranOf(service)).toHaveLength(2);
});

test('of retries with different causes one is pending per job and key, at the earliest of their times', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const clock = fakeClock('2026-04-01T00:00:00Z');
  await using service = await startTestService(shop, { nats, database, clock });
  const retry = (order: string, at: string) =>
    service.context.transact((tx) =>
      tx.enqueue(ship, { order }, { cause: `retry@${at}`, runAt: Temporal.Instant.from(at), onlyOnePending: true }),
    );
  const times = ['2026-04-01T00:30:00Z', '2026-04-01T00:10:00Z', '2026-04-01T00:20:00Z'];
  await Promise.all(times.flatMap((at) => [retry('a', at), retry('b', at)]));
  const pending = await sql<{ due_at: string }>`SELECT due_at FROM job_delays`.execute(service.context.db);
  expect(pending.rows).toEqual([{ due_at: '2026-04-01T00:10:00Z' }, { due_at: '2026-04-01T00:10:00Z' }]);
  clock.set('2026-04-01T01:00:00Z');
  await expect.poll(() => ranOf(service), { message: 'one run for each key' }).toHaveLength(2);
  await service.settled();
  expect(await ranOf(service)).toHaveLength(2);
});

test('a job that waits for a clock that stands still does not hold up the same job that waits in real time', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const clock = fakeClock('2026-04-01T00:00:00Z');
  await using service = await startTestService(shop, { nats, database, clock });
  const runAt = Temporal.Instant.from('2026-04-01T01:00:00Z');
  for (const when of [{ runAt }, { delayMs: 30 }, { delayMs: 60_000 }])
    await service.context.transact((tx) => tx.enqueue(ship, { order: 'a' }, { ...when, onlyOnePending: true }));
  await expect.poll(() => ranOf(service), { message: 'the one in real time runs' }).toHaveLength(1);
  clock.set(runAt);
  await expect.poll(() => ranOf(service), { message: 'the other runs at its instant' }).toHaveLength(2);
});

test('a job enqueued twice with the same cause runs once, with another cause again', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  for (const cause of ['a', 'a', 'b']) {
    await service.context.transact((tx) => tx.enqueue(ship, { order: 'x' }, { cause }));
  }
  await service.settled();
  expect(await ranOf(service)).toHaveLength(2);
});

test('a delayed job runs when the clock reaches its time, not before', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const clock = fakeClock('2026-04-01T00:00:00Z');
  await using service = await startTestService(shop, { nats, database, clock });
  const runAt = Temporal.Instant.from('2026-04-03T00:00:00Z');
  await service.context.transact((tx) => tx.enqueue(ship, { order: 'later' }, { cause: 'test', runAt }));
  await service.context.transact((tx) => tx.enqueue(ship, { order: 'soon' }, { cause: 'test', delayMs: 30 }));
  await service.settled();
  expect((await ranOf(service)).map((run) => run.day)).toEqual(['soon']);
  clock.set(runAt);
  await expect.poll(() => ranOf(service), { message: 'the job runs' }).toHaveLength(2);
  await service.settled();
});

test('the concurrency of a job queue holds over all replicas', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using first = await startTestService(shop, { nats, database });
  await using second = await startTestService(shop, { nats, database });
  await first.context.transact(async (tx) => {
    for (let index = 0; index < 8; index += 1) await tx.enqueue(ship, { order: `slow-${index}` }, { cause: 'test' });
  });
  let most = 0;
  await expect
    .poll(async () => {
      const found = await sql<{ running: string; done: string }>`
      SELECT count(*) FILTER (WHERE state = 'running') AS running, count(*) FILTER (WHERE state = 'done') AS done
      FROM job_runs`.execute(first.context.db);
      most = Math.max(most, Number(found.rows[0]?.running));
      return Number(found.rows[0]?.done);
    })
    .toBe(8);
  expect(most).toBe(2);
  await untilQuiet([first, second]);
});

test('a job message that comes again while its job runs starts no second run', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  const { jsm } = service.bus;
  for (let index = 0; index < 4; index += 1) {
    const order = `slow-${index}`;
    await service.context.transact((tx) => tx.enqueue(ship, { order }, { cause: 'test' }));
    await expect.poll(async () => (await ranOf(service)).map(({ day }) => day)).toContain(order);
    const message = await jsm.streams.getMessage('JOBS', { last_by_subj: 'job.metering.ship' });
    if (message === null) throw new Error('the job message is gone');
    // Another id, so that the server does not take it for a repetition.
    const headers = Object.fromEntries([...message.header].map(([name, [value = '']]) => [name, value]));
    await publishRaw(nats, {
      subject: message.subject,
      payload: message.string(),
      headers: { ...headers, 'Nats-Msg-Id': `again ${order}` },
    });
  }
  await service.settled();
  expect((await ranOf(service)).map(({ day }) => day)).toEqual(['slow-0', 'slow-1', 'slow-2', 'slow-3']);
});

test('a message whose run another worker has ended occupies no place for the rest of the lease', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  await sql`INSERT INTO job_runs (name, key, cause, state, attempt, input, claimed_by, lease_until)
    VALUES ('nightly', '2026-04-02', 'test', 'running', 1, 'null', 'another', clock_timestamp() + interval '1 hour')`.execute(
    service.context.db,
  );
  await service.context.transact((tx) => tx.enqueue(nightly, { day: '2026-04-02' }, { cause: 'test' }));
  const waiting = async () =>
    (await service.bus.jsm.consumers.list('JOBS').next()).reduce((sum, info) => sum + info.num_ack_pending, 0);
  await expect.poll(waiting).toBe(1);
  // The message has met the claim by then, and is to come again.
  await delay(500);
  await sql`UPDATE job_runs SET state = 'done', lease_until = NULL WHERE name = 'nightly'`.execute(service.context.db);
  await expect.poll(waiting, { timeout: 10_000 }).toBe(0);
  expect(await ranOf(service)).toEqual([]);
});

test('a stopping replica hands its running job over to another', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const first = await startTestService(shop, { nats, database });
  await first.context.transact((tx) => tx.enqueue(ship, { order: 'patient' }, { cause: 'test' }));
  await expect.poll(() => ranOf(first), { message: 'the first replica runs the job' }).toHaveLength(1);
  await using second = await startTestService(shop, { nats, database });
  await first.stop();
  await expect.poll(() => ranOf(second), { message: 'the second replica runs the job' }).toHaveLength(2);
});
