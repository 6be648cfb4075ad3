import { inventorySync, isRefusal, metering } from '@arcadia/contracts';
import { dismissDeadLetter, listDeadLetters, requeueDeadLetter } from '@arcadia/platform';
import { askService, eventually, publishEvent, publishedEvents } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { daysBetween } from '../src/domain/days/windows.ts';
import { deploymentId, granted, observation, operator, stage } from './stage.ts';

const april = daysBetween('2026-04-01', '2026-04-30');

const runMonth = async (on: Awaited<ReturnType<typeof stage>>, days = april) => {
  await on.observe(
    ...['d1', 'd2', 'd3'].map((name) => ({ kind: 'droplet', name, at: '2026-03-31T23:00:00Z', revision: 1 })),
  );
  for (const day of days) await on.meterDay(day);
};

test('a complete month is closed by its schedule with a manifest of the published facts', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await on.deploy('shop');
  await runMonth(on);
  on.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  await on.sweep('2026-05-01T00:10:00Z', 'droplet');
  await on.metering.runJob('close-period', '2026-05-01T03:00:00Z');
  await on.metering.settled();

  const [close, ...more] = await publishedEvents(on.database, metering.periodClosed);
  expect(more).toEqual([]);
  const facts = (await publishedEvents(on.database, metering.usageAccrued)).map(({ data }) => data);
  expect(close?.data).toMatchObject({
    period: '2026-04',
    revision: 1,
    closed_over: [],
    is_forced: false,
    closed_by: 'service:metering',
  });
  expect(close?.data.tenants).toEqual([
    {
      tenant_id: 'acme.com',
      facts: 30,
      sums: [{ kind: 'droplet_hours', unit_seconds: String(2160 * 3600), divisor: '3600' }],
      hash: metering.factsHash(facts),
      deployments: [{ deployment_id: facts[0]?.deployment_id, revision: 1 }],
      subscriptions: [],
    },
  ]);
  expect(close?.data.hash).toBe(metering.manifestHash(close?.data.tenants ?? []));
}, 60_000);

test('a close names what is missing; an operator can accept the gap, which is recorded', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await runMonth(on, april.slice(0, 2));
  on.clock.set(Temporal.Instant.from('2026-05-02T00:00:00Z'));
  await on.sweep('2026-04-30T23:50:00Z', 'droplet');
  const refused = await askService(on.nats, metering.closePeriod, { period: '2026-04' }, { actor: operator });
  expect(isRefusal(refused) && refused.refused).toBe('period-incomplete');
  const missing = 'missing' in refused ? (refused.missing as string[]) : [];
  // 28 days, and the sweep for each billing kind of droplets.
  expect(missing).toHaveLength(30);
  expect(missing).toContain('day 2026-04-03 is not metered');
  expect(missing.at(-1)).toMatch(/^droplet was last swept completely at 2026-04-30T23:50:00Z/);

  const closed = await askService(
    on.nats,
    metering.closePeriod,
    { period: '2026-04', accept_missing: true },
    { actor: operator },
  );
  expect(closed).toMatchObject({ status: 'closed', close_revision: 1, closed_by: 'op', closed_over: missing });
});

test('a period that is over shows what it lacks now, whenever its close was last tried', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await runMonth(on, april.slice(0, 28));
  const missing = async () =>
    granted(await askService(on.nats, metering.getPeriod, { period: '2026-04' }, { actor: operator })).missing;
  expect(await missing()).toEqual([]);
  on.clock.set(Temporal.Instant.from('2026-05-01T00:30:00Z'));
  const unswept = 'droplet was never swept completely, so droplet_hours is not known';
  expect(await missing()).toEqual(['day 2026-04-29 is not metered', 'day 2026-04-30 is not metered', unswept]);
  await askService(on.nats, metering.closePeriod, { period: '2026-04' }, { actor: operator });
  await on.meterDay('2026-04-30');
  await on.metering.settled();
  expect(await missing()).toEqual([unswept]);
  await on.observe({ kind: 'droplet', name: 'd9', at: '2026-05-01T00:00:00Z', revision: 1 });
  await on.sweep('2026-05-01T01:11:00Z', 'droplet');
  expect(await missing()).toEqual([]);
}, 60_000);

test('a period that has not ended is not closed', async () => {
  await using on = await stage('2026-04-30T23:59:59Z');
  const refused = await askService(
    on.nats,
    metering.closePeriod,
    { period: '2026-04', accept_missing: true },
    { actor: operator },
  );
  expect(refused).toMatchObject({ refused: 'period-not-ended' });
});

test('twenty closes at once give one', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await runMonth(on, april.slice(0, 1));
  on.clock.set(Temporal.Instant.from('2026-05-02T00:00:00Z'));
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      askService(
        on.nats,
        metering.closePeriod,
        { period: '2026-04', accept_missing: true },
        { actor: operator, deadlineMs: 20_000 },
      ),
    ),
  );
  expect(answers.every((answer) => !isRefusal(answer) && answer.close_revision === 1)).toBe(true);
  expect(await publishedEvents(on.database, metering.periodClosed)).toHaveLength(1);
});

test('a close while observations arrive counts exactly the facts published before it; the rest are late', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await runMonth(on, april.slice(0, 2));
  on.clock.set(Temporal.Instant.from('2026-05-02T00:00:00Z'));
  const names = Array.from({ length: 400 }, (_, index) => `late-${index}`);
  const streaming = (async () => {
    for (let from = 0; from < names.length; from += 20) {
      const some = names.slice(from, from + 20).map((name, index) =>
        observation({
          kind: 'droplet',
          name,
          at: `2026-04-0${1 + (index % 2)}T06:00:00Z`,
          revision: 1,
          deployment: `d${index % 5}`,
        }),
      );
      await publishEvent(on.nats, inventorySync.resourceObserved, some);
    }
  })();
  const closes = Array.from({ length: 5 }, () =>
    askService(
      on.nats,
      metering.closePeriod,
      { period: '2026-04', accept_missing: true },
      { actor: operator, deadlineMs: 20_000 },
    ),
  );
  expect((await Promise.all(closes)).every((answer) => !isRefusal(answer) && answer.close_revision === 1)).toBe(true);
  await streaming;
  await on.metering.settled();

  const log = await sql<{ type: string; payload: never }>`
    SELECT type, payload FROM events WHERE type IN ('usage.accrued', 'period.closed') ORDER BY number`.execute(
    on.metering.context.db,
  );
  const position = log.rows.findIndex(({ type }) => type === 'period.closed');
  const factsIn = (rows: typeof log.rows) => rows.map(({ payload }) => metering.usageAccrued.data.parse(payload));
  const [before, after] = [factsIn(log.rows.slice(0, position)), factsIn(log.rows.slice(position + 1))];
  expect(before.every(({ close_revision }) => close_revision === 1)).toBe(true);
  expect(after.every(({ close_revision }) => close_revision === 2)).toBe(true);
  const standing = new Map(before.map((fact) => [`${fact.deployment_id} ${fact.period_start}`, fact]));
  const closed = metering.periodClosed.data.parse(log.rows[position]?.payload);
  expect(closed.tenants.map(({ facts, hash }) => [facts, hash])).toEqual([
    [standing.size, metering.factsHash([...standing.values()])],
  ]);
  // Nothing is lost: every droplet has its two days in the end.
  const last = new Map([...before, ...after].map((fact) => [`${fact.deployment_id} ${fact.period_start}`, fact]));
  const seconds = Array.from(last.values()).flatMap(({ lines }) => lines.map((line) => BigInt(line.unit_seconds)));
  expect(seconds.reduce((sum, each) => sum + each, 0n)).toBe(
    3n * 2n * 86_400n + 200n * (64_800n + 86_400n) + 200n * 64_800n,
  );
}, 60_000);

test('facts after the close are late: they carry the next close revision and the close is unchanged', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await runMonth(on, april.slice(0, 3));
  on.clock.set(Temporal.Instant.from('2026-05-02T00:00:00Z'));
  await askService(on.nats, metering.closePeriod, { period: '2026-04', accept_missing: true }, { actor: operator });
  await on.observe({ kind: 'droplet', name: 'd4', at: '2026-04-02T00:00:00Z', revision: 1 });
  const late = (await publishedEvents(on.database, metering.usageAccrued)).slice(3).map(({ data }) => data);
  expect(late.map(({ period_start, revision, close_revision }) => [period_start, revision, close_revision])).toEqual([
    ['2026-04-02T00:00:00Z', 2, 2],
    ['2026-04-03T00:00:00Z', 2, 2],
  ]);
  const view = await askService(on.nats, metering.getPeriod, { period: '2026-04' }, { actor: operator });
  expect(view).toMatchObject({ status: 'closed', close_revision: 1, facts: 3, late_facts: 2 });

  const forced = await askService(
    on.nats,
    metering.closePeriod,
    { period: '2026-04', accept_missing: true, force: true },
    { actor: operator },
  );
  expect(forced).toMatchObject({ close_revision: 2, late_facts: 0 });
  expect((await publishedEvents(on.database, metering.periodClosed)).map(({ data }) => data.is_forced)).toEqual([
    false,
    true,
  ]);
});

test('an observation after the late window is held and shown, and metered by a forced close or a requested run', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await on.deploy('shop', 'blog');
  await runMonth(on, april.slice(0, 3));
  on.clock.set(Temporal.Instant.from('2026-05-02T00:00:00Z'));
  const close = (force: boolean) =>
    askService(on.nats, metering.closePeriod, { period: '2026-04', accept_missing: true, force }, { actor: operator });
  await close(false);
  on.clock.set(Temporal.Instant.from('2026-07-01T00:00:00Z'));
  const droplet = { kind: 'droplet', name: 'd4', revision: 1 };
  await on.observe({ ...droplet, at: '2026-04-03T06:00:00Z' });
  await on.observe({ ...droplet, name: 'd5', at: '2026-04-02T12:00:00Z', deployment: 'blog' });
  const facts = async () => (await publishedEvents(on.database, metering.usageAccrued)).map(({ data }) => data);
  expect(await facts()).toHaveLength(3);
  const view = async () =>
    granted(await askService(on.nats, metering.getPeriod, { period: '2026-04' }, { actor: operator }));
  const held = (day: string, name: string) => ({ day, tenant_id: 'acme.com', deployment_id: deploymentId(name) });
  const shown = await view();
  expect(shown).toMatchObject({ held_days: 2, late_facts: 0 });
  expect(new Set(shown.held)).toEqual(
    new Set([held('2026-04-02', 'blog'), held('2026-04-03', 'blog'), held('2026-04-03', 'shop')]),
  );
  // A second look finds them still held.
  await on.metering.runJob('meter-touched-days', '2026-07-01T01:40:00Z');
  expect(await view()).toMatchObject({ held_days: 2 });

  await askService(on.nats, metering.runMetering, { first_day: '2026-04-02' }, { actor: operator });
  await on.metering.settled();
  expect(await view()).toMatchObject({ held_days: 1, late_facts: 1 });
  expect(await close(true)).toMatchObject({ close_revision: 2, held_days: 0, late_facts: 0 });
  const third = (await facts()).filter(({ period_start }) => period_start === '2026-04-03T00:00:00Z').slice(1);
  expect(new Map(third.map(({ deployment_id, lines }) => [deployment_id, lines.at(-1)?.unit_seconds]))).toEqual(
    new Map([
      [deploymentId('shop'), expect.stringMatching(/^(64800|86400)$/)],
      [deploymentId('blog'), '86400'],
    ]),
  );
});

test('a period that waited for a sweep is closed when the sweep comes', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await runMonth(on);
  on.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  await on.metering.runJob('close-period', '2026-05-01T03:00:00Z');
  const view = () => askService(on.nats, metering.getPeriod, { period: '2026-04' }, { actor: operator });
  expect(await view()).toMatchObject({
    status: 'closing',
    missing: ['droplet was never swept completely, so droplet_hours is not known'],
  });
  await on.sweep('2026-05-01T02:59:00Z', 'droplet');
  expect(await view()).toMatchObject({ status: 'closed', closed_over: [], missing: [] });
}, 60_000);

test('a parked observation of the period keeps it open until an operator dismisses it; requeued, until it is handled', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await runMonth(on);
  await publishEvent(
    on.nats,
    inventorySync.resourceObserved,
    observation({ kind: 'volume', name: 'v1', at: '2026-04-20T00:00:00Z', revision: 1, attrs: { size_gb: 'plenty' } }),
  );
  await on.sweep('2026-05-01T02:59:00Z', 'droplet');
  on.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  const refused = await askService(on.nats, metering.closePeriod, { period: '2026-04' }, { actor: operator });
  expect(refused).toMatchObject({
    refused: 'period-incomplete',
    missing: ['1 messages of the period are parked on dead.metering.inventory'],
  });
  const letter = () => eventually('the letter is published', async () => (await listDeadLetters(on.metering.bus))[0]);
  await requeueDeadLetter(on.metering.bus, (await letter()).number);
  // It fails again: it is on its way, tried once more, or parked anew.
  const requeued = await askService(on.nats, metering.closePeriod, { period: '2026-04' }, { actor: operator });
  expect(requeued).toMatchObject({ refused: 'period-incomplete', missing: [expect.stringMatching(/dead\.metering/)] });
  await on.metering.settled();
  await dismissDeadLetter(on.metering.bus, (await letter()).number);
  await on.metering.settled();
  const closed = await askService(on.nats, metering.closePeriod, { period: '2026-04' }, { actor: operator });
  expect(granted(closed)).toMatchObject({ status: 'closed', closed_over: [] });
}, 60_000);

test('a close by hand is not stopped by observations that are stored and not reflected in the states yet', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await runMonth(on, april.slice(0, 2));
  on.clock.set(Temporal.Instant.from('2026-05-02T00:00:00Z'));
  // As after a batch that was committed a moment ago.
  await sql`UPDATE derivation SET through_seq = 0`.execute(on.metering.context.db);
  const answer = await askService(
    on.nats,
    metering.closePeriod,
    { period: '2026-04', accept_missing: true },
    { actor: operator, deadlineMs: 5_000 },
  );
  expect(granted(answer)).toMatchObject({ status: 'closed' });
});
