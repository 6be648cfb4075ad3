import { inventorySync, isRefusal, metering } from '@arcadia/contracts';
import { askService, publishEvent, said } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { daysBetween } from '../src/domain/windows.ts';
import { observation, operator, stage } from './stage.ts';

const april = daysBetween('2026-04-01', '2026-04-30');

const runMonth = async (on: Awaited<ReturnType<typeof stage>>, days = april) => {
  await on.observe(
    ...['d1', 'd2', 'd3'].map((name) => ({ kind: 'droplet', name, at: '2026-03-31T23:00:00Z', revision: 1 })),
  );
  for (const day of days) await on.meterDay(day);
};

test('a month that is whole is closed by the clock with a manifest of what was said', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await on.deploy('shop');
  await runMonth(on);
  on.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  await on.sweep('2026-05-01T00:10:00Z', 'droplet');
  await on.metering.runJob('close-period', '2026-05-01T03:00:00Z');
  await on.metering.settled();

  const [close, ...more] = await said(on.database, metering.periodClosed);
  expect(more).toEqual([]);
  const facts = (await said(on.database, metering.usageAccrued)).map(({ data }) => data);
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

test('what is missing is said, and an operator can close over it, which is recorded', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await runMonth(on, april.slice(0, 2));
  on.clock.set(Temporal.Instant.from('2026-05-02T00:00:00Z'));
  await on.sweep('2026-04-30T23:50:00Z', 'droplet');
  const refused = await askService(on.nats, metering.closePeriod, { period: '2026-04' }, { actor: operator });
  expect(isRefusal(refused) && refused.refused).toBe('period-incomplete');
  const missing = 'missing' in refused ? (refused.missing as string[]) : [];
  expect(missing).toHaveLength(29);
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
  expect(await said(on.database, metering.periodClosed)).toHaveLength(1);
});

test('facts that come after the close are late: they carry the next close revision and the close stands', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await runMonth(on, april.slice(0, 3));
  on.clock.set(Temporal.Instant.from('2026-05-02T00:00:00Z'));
  await askService(on.nats, metering.closePeriod, { period: '2026-04', accept_missing: true }, { actor: operator });
  await on.observe({ kind: 'droplet', name: 'd4', at: '2026-04-02T00:00:00Z', revision: 1 });
  const late = (await said(on.database, metering.usageAccrued)).slice(3).map(({ data }) => data);
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
  expect((await said(on.database, metering.periodClosed)).map(({ data }) => data.is_forced)).toEqual([false, true]);
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

test('a parked observation of the period keeps it open', async () => {
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
}, 60_000);
