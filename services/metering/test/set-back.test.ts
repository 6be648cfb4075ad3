import { metering } from '@arcadia/contracts';
import { askService, startTestService } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { daysBetween } from '../src/domain/days/windows.ts';
import { service } from '../src/index.ts';
import { deploymentId, granted, operator, stage } from './stage.ts';

type Db = Awaited<ReturnType<typeof stage>>['metering']['context']['db'];

/** Everything that is published or billed; which run wrote a row is left out. */
async function stateOf(db: Db) {
  const rows = async (query: string) => (await sql.raw(query).execute(db)).rows;
  return {
    facts: await rows(
      'SELECT period_start, deployment_id, granularity, tenant_id, revision, close_revision, lines, hash FROM accruals ORDER BY 1, 2, 3',
    ),
    lines: await rows(
      `SELECT period_start, deployment_id, resource_id, kind, dimension, granularity, tenant_id, unit_seconds, divisor, revision, observations
       FROM usage_records ORDER BY 1, 2, 3 NULLS LAST, 4, 5`,
    ),
    reports: await rows(
      'SELECT tenant_id, source, id, kind, quantity, time, accepted_at FROM usage_reports ORDER BY 1, 2, 3',
    ),
    closes: await rows('SELECT * FROM period_closes ORDER BY 1, 2'),
    periods: await rows("SELECT period, status, close_revision FROM periods WHERE period = '2026-04'"),
    days: await rows("SELECT day FROM metered_days WHERE day >= '2026-04-01' ORDER BY 1"),
    states: await rows('SELECT resource_id, starts_at, billing_kind, units FROM states ORDER BY 1, 2, 3'),
  };
}

test('a database set back into the month has its facts, reports and close again, and nothing is published anew', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await on.deploy('shop');
  await on.observe(
    { kind: 'droplet', name: 'd1', at: '2026-03-31T23:00:00Z', revision: 1 },
    { kind: 'volume', name: 'v1', at: '2026-04-02T07:00:00Z', revision: 1, status: null, attrs: { size_gb: '10' } },
  );
  for (const day of daysBetween('2026-04-01', '2026-04-10')) await on.meterDay(day);
  await on.metering.settled();
  const backup = await on.database.snapshot();
  await expect.poll(async () => (await on.metering.health()).facts['relay']?.ok).toBe(true);

  const report = { source: 'urn:shop', subject: null, form: 'usage', deployment_id: deploymentId('shop') } as const;
  const ingest = async (id: string, time: string) =>
    granted(
      await askService(
        on.nats,
        metering.ingestUsage,
        { reports: [{ ...report, id, kind: 'bandwidth_gb', time, quantity: '1500' }] },
        { actor: operator },
      ),
    );
  expect(await ingest('r1', '2026-04-09T08:00:00Z')).toMatchObject({ accepted: 1 });
  await on.observe({
    kind: 'droplet',
    name: 'd1',
    at: '2026-04-12T13:37:00Z',
    revision: 2,
    status: 'off',
    isPresent: false,
  });
  for (const day of daysBetween('2026-04-11', '2026-04-30')) await on.meterDay(day);
  await on.sweep('2026-05-01T00:10:00Z', 'droplet', 'volume');
  on.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  await on.metering.runJob('close-period', '2026-05-01T03:00:00Z');
  await on.metering.settled();
  const before = await stateOf(on.metering.context.db);
  expect(before.periods).toEqual([{ period: '2026-04', status: 'closed', close_revision: 1 }]);
  const published = async () => (await on.metering.bus.jsm.streams.info('METERING')).state.messages;
  const count = await published();

  await backup.setBack();
  await on.metering.stop();
  await using restored = await startTestService(service, { database: on.database, nats: on.nats, clock: on.clock });
  await restored.settled(60_000);
  expect(await stateOf(restored.context.db)).toEqual(before);
  expect((await restored.bus.jsm.streams.info('METERING')).state.messages).toBe(count);
  expect(await ingest('r1', '2026-04-09T08:00:00Z')).toMatchObject({ accepted: 0, duplicates: 1 });
  const started = granted(
    await askService(on.nats, metering.startReplay, { period: '2026-04', apply: false }, { actor: operator }),
  );
  await restored.settled(60_000);
  const replayed = granted(
    await askService(on.nats, metering.getReplay, { replay_id: started.replay_id }, { actor: operator }),
  );
  expect(replayed).toMatchObject({ status: 'agrees' });
}, 120_000);
