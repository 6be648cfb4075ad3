import { metering } from '@arcadia/contracts';
import { triggerJob } from '@arcadia/platform';
import { askService, publishedEvents, startTestService } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { daysBetween } from '../src/domain/days/windows.ts';
import { service } from '../src/index.ts';
import { granted, operator, stage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;

const countsOf = async ({ metering }: Stage) => {
  const { rows } = await sql<{ pending: string; closes: string; meterings: string }>`
    SELECT (SELECT count(*) FROM job_delays) AS pending,
      (SELECT count(*) FROM job_runs WHERE name = 'close-period') AS closes,
      (SELECT count(*) FROM job_runs WHERE name = 'meter-day') AS meterings`.execute(metering.context.db);
  return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]));
};

const runOf = async ({ metering }: Stage, name: string) => {
  const { rows } = await sql<{ state: string; attempt: number; error: string | null }>`
    SELECT state, attempt, error FROM job_runs WHERE name = ${name}`.execute(metering.context.db);
  return rows;
};

test('a period that cannot close for three hours, with a sweep every ten minutes, keeps one retry pending', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await on.observe(
    { kind: 'droplet', name: 'd1', at: '2026-03-31T23:00:00Z', revision: 1 },
    { kind: 'volume', name: 'v1', at: '2026-03-31T23:00:00Z', revision: 1, status: null },
  );
  for (const day of daysBetween('2026-04-01', '2026-04-30')) await on.meterDay(day);
  const start = Temporal.Instant.from('2026-05-01T03:00:00Z');
  on.clock.set(start);
  await on.metering.runJob('close-period', start);
  const before = await countsOf(on);
  expect(before).toMatchObject({ pending: 1, closes: 1 });
  const steps = 18;
  for (let step = 1; step <= steps; step += 1) {
    const at = start.add({ minutes: 10 * step });
    on.clock.set(at);
    await on.sweep(at.toString(), 'droplet');
    expect((await countsOf(on))['pending'], `retries pending after ${step} sweeps`).toBe(1);
  }
  const after = await countsOf(on);
  // Each step starts one close by its sweep and one by the retry that is due.
  expect(after['closes']).toBeLessThanOrEqual(1 + 2 * steps);
  expect(after['meterings']).toBe(before['meterings']);
}, 120_000);

test('a day whose metering fails for good is named as the reason and parked once, however often the close is tried', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  const { db } = on.metering.context;
  await on.observe({ kind: 'droplet', name: 'd1', at: '2026-03-31T23:00:00Z', revision: 1 });
  for (const day of daysBetween('2026-04-01', '2026-04-29')) await on.meterDay(day);
  await sql`ALTER TABLE metered_days ADD CONSTRAINT broken CHECK (day <> '2026-04-30')`.execute(db);
  const start = Temporal.Instant.from('2026-05-01T03:00:00Z');
  on.clock.set(start);
  await on.sweep('2026-05-01T00:10:00Z', 'droplet');
  await on.metering.runJob('close-period', start);
  await expect
    .poll(async () => (await runOf(on, 'meter-day')).filter(({ state }) => state === 'dead'), { timeout: 40_000 })
    .toHaveLength(1);
  for (let step = 1; step <= 6; step += 1) {
    on.clock.set(start.add({ minutes: 10 * step }));
    await on.metering.settled();
  }
  const runs = (await runOf(on, 'meter-day')).filter(({ state }) => state !== 'done');
  expect(runs).toEqual([{ state: 'dead', attempt: 5, error: expect.stringContaining('broken') }]);
  const shown = granted(await askService(on.nats, metering.getPeriod, { period: '2026-04' }, { actor: operator }));
  expect(shown.missing).toEqual([
    expect.stringMatching(/^day 2026-04-30 is not metered, because the job meter-day failed .*broken/),
  ]);
}, 120_000);

test('every replica shows a period that cannot close, and no longer once another replica has closed it', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await on.observe({ kind: 'droplet', name: 'd1', at: '2026-03-31T23:00:00Z', revision: 1 });
  on.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  await askService(on.nats, metering.closePeriod, { period: '2026-04' }, { actor: operator });
  await on.metering.runJob('close-period', '2026-05-01T03:00:00Z');
  await using second = await startTestService(service, { database: on.database, nats: on.nats, clock: on.clock });
  const fact = async () => (await second.health()).facts['period 2026-04'];
  expect(await fact()).toMatchObject({ ok: false, detail: expect.stringContaining('was never swept completely') });
  const accept = { period: '2026-04', accept_missing: true };
  granted(await askService(on.nats, metering.closePeriod, accept, { actor: operator }));
  await expect.poll(fact, { timeout: 25_000 }).toEqual({ ok: true, detail: 'closed' });
}, 60_000);

test('a closing tick that came from a clock ahead of time closes the period when it is over', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await on.observe({ kind: 'droplet', name: 'd1', at: '2026-03-31T23:00:00Z', revision: 1 });
  for (const day of daysBetween('2026-04-01', '2026-04-29')) await on.meterDay(day);
  const tick = Temporal.Instant.from('2026-05-01T03:00:00Z');
  for (const [job, at] of [
    ['meter-day', Temporal.Instant.from('2026-05-01T01:10:00Z')],
    ['close-period', tick],
  ] as const) {
    await triggerJob(on.metering.bus, 'metering', job, { scheduledAt: at });
  }
  await expect
    .poll(() => runOf(on, 'close-period'))
    .toEqual([{ state: 'waiting', attempt: 1, error: expect.stringContaining('period 2026-04 is not over') }]);
  await on.metering.settled();
  expect(await publishedEvents(on.database, metering.periodClosed)).toEqual([]);
  on.clock.set(Temporal.Instant.from('2026-05-01T00:00:00Z'));
  await on.metering.settled();
  await on.sweep('2026-05-01T00:10:00Z', 'droplet');
  on.clock.set(tick.add({ hours: 1 }));
  await expect.poll(() => publishedEvents(on.database, metering.periodClosed), { timeout: 20_000 }).toHaveLength(1);
  await on.metering.settled();
}, 120_000);

test('a period whose scheduled close failed for good shows the reason, and can still be closed by hand', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  const { db } = on.metering.context;
  await on.observe({ kind: 'droplet', name: 'd1', at: '2026-03-31T23:00:00Z', revision: 1 });
  for (const day of daysBetween('2026-04-01', '2026-04-30')) await on.meterDay(day);
  await sql`ALTER TABLE period_closes ADD CONSTRAINT broken CHECK (facts < 0)`.execute(db);
  on.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  await on.sweep('2026-05-01T00:10:00Z', 'droplet');
  await triggerJob(on.metering.bus, 'metering', 'close-period', { scheduledAt: on.clock.now() });
  await expect
    .poll(async () => (await runOf(on, 'close-period')).some(({ state }) => state === 'dead'), { timeout: 40_000 })
    .toBe(true);
  const shown = granted(await askService(on.nats, metering.getPeriod, { period: '2026-04' }, { actor: operator }));
  expect(shown.missing).toEqual([expect.stringMatching(/^the job close-period failed for the last time \(.*broken/)]);
  await sql`ALTER TABLE period_closes DROP CONSTRAINT broken`.execute(db);
  const closed = await askService(on.nats, metering.closePeriod, { period: '2026-04' }, { actor: operator });
  expect(granted(closed)).toMatchObject({ status: 'closed', missing: [] });
}, 120_000);
