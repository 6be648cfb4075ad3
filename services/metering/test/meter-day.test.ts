import { metering } from '@arcadia/contracts';
import { askService, publishedEvents } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { daysBetween } from '../src/domain/days/windows.ts';
import { deploymentId, granted, operator, stage } from './stage.ts';

test("the March world's ten days are 70 records: 480 droplet hours, 0.65 zones, 15.48 GB-months", async () => {
  await using on = await stage('2026-03-01T00:00:00Z');
  const at = '2026-03-01T00:00:00Z';
  await on.observe(
    ...['d1', 'd2'].map((name) => ({ kind: 'droplet', name, at, revision: 1 })),
    ...['one.example', 'two.example'].map((name) => ({ kind: 'dns_zone', name, at, revision: 1 })),
    ...['10', '18', '20'].map((size) => ({
      kind: 'snapshot',
      name: `s${size}`,
      at,
      revision: 1,
      attrs: { size_gb: size },
    })),
  );
  for (const day of daysBetween('2026-03-01', '2026-03-10')) await on.meterDay(day);

  const answer = await askService(
    on.nats,
    metering.listUsage,
    { from: '2026-03-01', to: '2026-03-11' },
    { actor: operator },
  );
  const { items } = granted(answer);
  expect(items.reduce((sum, { records }) => sum + records, 0)).toBe(70);
  const quantities = Object.fromEntries(items.map(({ kind, quantity }) => [kind, quantity]));
  expect(quantities).toEqual({
    droplet_hours: '480',
    dns_zones: '0.645161290323',
    snapshot_gb_month: '15.483870967742',
  });
  expect(items.every((item) => !item.is_live && item.deployment_id === deploymentId('shop'))).toBe(true);

  const facts = await publishedEvents(on.database, metering.usageAccrued);
  expect(facts).toHaveLength(10);
  for (const { data, subject } of facts) {
    expect(metering.usageAccrued.data.parse(data)).toEqual(data);
    expect(metering.linesHash(data.lines)).toBe(data.hash);
    expect(subject).toBe(metering.usageAccrued.subject(data));
    expect(data).toMatchObject({ revision: 1, close_revision: 1, granularity: 'daily', tenant_id: 'acme.com' });
  }
}, 60_000);

test('the tick after a jump of the clock has every missed day metered, oldest first, and no month without a row', async () => {
  await using on = await stage('2026-04-29T00:00:00Z');
  await on.observe({ kind: 'droplet', name: 'd1', at: '2026-01-15T00:00:00Z', revision: 1 });
  const { db } = on.metering.context;
  // March was closed and February's facts were dropped; neither is whole.
  await sql`INSERT INTO periods (period, status, dropped_at) VALUES ('2026-03', 'closed', NULL), ('2026-02', 'closing', now())`.execute(
    db,
  );
  await on.meterDay('2026-04-28');
  await on.metering.settled();
  const starts = async () =>
    (await publishedEvents(on.database, metering.usageAccrued)).map(({ data }) => data.period_start);
  const april = daysBetween('2026-04-01', '2026-04-28');
  const days = (each: string[]) => each.map((start) => start.slice(0, 10));
  expect(days((await starts()).toSorted())).toEqual(april);

  on.clock.set(Temporal.Instant.from('2026-05-14T00:00:00Z'));
  await on.meterDay('2026-05-14');
  await on.metering.settled();
  const missed = days((await starts()).slice(april.length));
  expect(missed.toSorted()).toEqual([
    ...daysBetween('2026-04-29', '2026-04-30'),
    ...daysBetween('2026-05-01', '2026-05-14'),
  ]);
  const asked = await sql<{ day: string }>`SELECT payload -> 'input' ->> 'day' AS day FROM events
    WHERE type = 'job.asked' AND payload ->> 'cause' = 'missed@2026-05-15T01:10:00Z' ORDER BY number`.execute(db);
  expect(asked.rows.map(({ day }) => day)).toEqual(daysBetween('2026-04-29', '2026-05-13'));
});

test('of the ticks missed in an outage only the newest looks for missed days', async () => {
  await using on = await stage('2026-04-04T01:10:00Z');
  for (const day of ['02', '03', '04']) await on.metering.runJob('meter-day', `2026-04-${day}T01:10:00Z`);
  await on.metering.settled();
  const asked = await sql`SELECT FROM events WHERE type = 'job.asked'`.execute(on.metering.context.db);
  expect(asked.rows).toEqual([]);
});

test('metering a day again writes and publishes nothing', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe({ kind: 'droplet', name: 'd1', at: '2026-04-01T06:00:00Z', revision: 1 });
  await on.meterDay('2026-04-01');
  const before = await publishedEvents(on.database, metering.usageAccrued);
  await askService(on.nats, metering.runMetering, { first_day: '2026-04-01' }, { actor: operator });
  await on.metering.settled();
  expect(await publishedEvents(on.database, metering.usageAccrued)).toEqual(before);
  expect(before.map(({ data }) => data.lines[0]?.unit_seconds)).toEqual(['64800']);
});

test('a droplet that lived 40 seconds is metered to the second, wherever midnight falls', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe(
    { kind: 'droplet', name: 'short', at: '2026-04-01T23:59:45Z', revision: 1 },
    { kind: 'droplet', name: 'short', at: '2026-04-02T00:00:25Z', revision: 2, isPresent: false },
  );
  await on.meterDay('2026-04-01');
  await on.meterDay('2026-04-02');
  const facts = await publishedEvents(on.database, metering.usageAccrued);
  expect(facts.map(({ data }) => data.lines.map((line) => line.unit_seconds))).toEqual([['15'], ['25']]);
});

test('a late observation has exactly the days it touches metered again, with a higher revision', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe({ kind: 'droplet', name: 'd1', at: '2026-04-01T00:00:00Z', revision: 1 });
  for (const day of daysBetween('2026-04-01', '2026-04-04')) await on.meterDay(day);
  await on.observe(
    { kind: 'droplet', name: 'd1', at: '2026-04-02T12:00:00Z', revision: 2, status: 'off' },
    { kind: 'droplet', name: 'd1', at: '2026-04-03T06:00:00Z', revision: 3 },
  );
  const facts = (await publishedEvents(on.database, metering.usageAccrued)).slice(4);
  expect(facts.map(({ data }) => [data.period_start, data.revision, data.lines[0]?.unit_seconds])).toEqual([
    ['2026-04-02T00:00:00Z', 2, '43200'],
    ['2026-04-03T00:00:00Z', 2, '64800'],
  ]);
});

test('usage that a correction removes leaves a message without lines', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe({ kind: 'droplet', name: 'd1', at: '2026-04-01T00:00:00Z', revision: 1 });
  await on.meterDay('2026-04-01');
  await on.observe({ kind: 'droplet', name: 'd1', at: '2026-04-01T00:00:00Z', revision: 2, deployment: 'blog' });
  const facts = (await publishedEvents(on.database, metering.usageAccrued)).slice(1);
  expect(new Map(facts.map(({ data }) => [data.deployment_id, [data.revision, data.lines.length]]))).toEqual(
    new Map([
      [deploymentId('shop'), [2, 0]],
      [deploymentId('blog'), [1, 1]],
    ]),
  );
});

test('health shows which share of the days of the open months is metered, yesterday aside', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  const usage = async () => (await on.metering.health()).facts['usage'];
  on.clock.set(Temporal.Instant.from('2026-04-06T12:00:00Z'));
  expect(await usage()).toEqual({ ok: true, missing_days: 4 });
  await on.meterDay('2026-04-01');
  on.clock.set(Temporal.Instant.from('2026-04-06T12:00:00Z'));
  await on.metering.settled();
  expect(await usage()).toEqual({ ok: true, missing_days: 3, completeness: 0.25 });
  for (const day of daysBetween('2026-04-02', '2026-04-04')) await on.meterDay(day);
  expect(await usage()).toEqual({ ok: true, missing_days: 0, completeness: 1 });
});
