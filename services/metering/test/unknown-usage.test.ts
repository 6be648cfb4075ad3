import { metering } from '@arcadia/contracts';
import { askService, publishedEvents, startTestService } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { service } from '../src/index.ts';
import { deploymentId, granted, operator, stage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;
type Input = Parameters<typeof askService<typeof metering.listUnknownUsage>>[2];

const bucket = { kind: 'spaces_bucket', name: 'acme-assets', revision: 1, at: '2026-04-01T06:00:00Z' };

const unknown = async (on: Pick<Stage, 'nats'>, input: Input = {}, actor = operator) =>
  granted(await askService(on.nats, metering.listUnknownUsage, input, { actor })).items;
const times = async (on: Pick<Stage, 'nats'>, input: Input = {}) =>
  (await unknown(on, input)).map((row) => [row.kind, row.from, row.until, row.reason]);
const facts = async (on: Stage) =>
  (await publishedEvents(on.database, metering.usageAccrued)).flatMap(({ data }) =>
    data.lines.map((line) => [line.kind, data.period_start.slice(0, 10), line.unit_seconds]),
  );
const period = async (on: Pick<Stage, 'nats'>, name: string) =>
  granted(await askService(on.nats, metering.getPeriod, { period: name }, { actor: operator }));

test('a bucket of unknown size is no usage of 0: no fact counts it, and the time is listed with the reason', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe(bucket);
  await on.meterDay('2026-04-01');
  on.clock.set(Temporal.Instant.from('2026-04-05T12:00:00Z'));
  expect(await facts(on)).toEqual([]);
  const [row, ...others] = await unknown(on);
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    tenant_id: 'acme.com',
    deployment_id: deploymentId('shop'),
    resource_name: 'acme-assets',
    kind: 'spaces_gb_month',
    dimension: null,
    from: '2026-04-01T06:00:00Z',
    until: '2026-04-05T12:00:00Z',
    reason: 'quantity-unknown',
    detail: expect.stringContaining('S3 keys'),
  });
  expect(await times(on, { from: '2026-04-02', to: '2026-04-03' })).toEqual([
    ['spaces_gb_month', '2026-04-02T00:00:00Z', '2026-04-03T00:00:00Z', 'quantity-unknown'],
  ]);
  expect((await period(on, '2026-04')).unknown_resources).toBe(1);
  expect(await unknown(on, {}, tenantActor('other'))).toEqual([]);
  expect(await unknown(on, {}, tenantActor('acme.com'))).toHaveLength(1);
  expect(await unknown(on, { kind: 'droplet_hours' })).toEqual([]);
});

test('unknown usage ends where the size is observed, the bucket is deleted or its owner changes, and is listed for each owner', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe(
    bucket,
    { ...bucket, revision: 2, at: '2026-04-02T00:00:00Z', deployment: 'blog' },
    { ...bucket, revision: 3, at: '2026-04-03T00:00:00Z', deployment: 'blog', attrs: { size_gb: '7' } },
    { ...bucket, revision: 4, at: '2026-04-04T00:00:00Z', deployment: 'blog' },
    { ...bucket, revision: 5, at: '2026-04-05T00:00:00Z', deployment: null },
    { ...bucket, revision: 6, at: '2026-04-06T00:00:00Z' },
    { ...bucket, revision: 7, at: '2026-04-07T00:00:00Z', isPresent: false },
  );
  on.clock.set(Temporal.Instant.from('2026-04-20T00:00:00Z'));
  const rows = await unknown(on);
  expect(
    rows.map((row) => `${row.deployment_id} ${row.from.slice(8, 10)} ${row.until.slice(8, 10)}`).toSorted(),
  ).toEqual(
    [
      `${deploymentId('shop')} 01 02`,
      `${deploymentId('blog')} 02 03`,
      `${deploymentId('blog')} 04 05`,
      `${deploymentId('shop')} 06 07`,
    ].toSorted(),
  );
  const first = granted(await askService(on.nats, metering.listUnknownUsage, { limit: 3 }, { actor: operator }));
  const rest = granted(
    await askService(on.nats, metering.listUnknownUsage, { cursor: first.next_cursor ?? '' }, { actor: operator }),
  );
  expect([...first.items, ...rest.items]).toEqual(rows);
});

test('a reading of the bucket makes its size known from then on', async () => {
  await using on = await stage('2026-04-03T00:00:00Z');
  await on.deploy('shop');
  await on.observe(bucket);
  const reading = {
    source: '/s3',
    id: 'r1',
    form: 'reading' as const,
    subject: 'acme-assets',
    deployment_id: deploymentId('shop'),
    kind: 'spaces_gb_month',
    time: '2026-04-02T00:00:00Z',
    quantity: '10',
  };
  granted(await askService(on.nats, metering.ingestUsage, { reports: [reading] }, { actor: operator }));
  expect(await times(on)).toEqual([
    ['spaces_gb_month', '2026-04-01T06:00:00Z', '2026-04-02T00:00:00Z', 'quantity-unknown'],
  ]);
  for (const day of ['2026-04-01', '2026-04-02']) await on.meterDay(day);
  expect(await facts(on)).toEqual([['spaces_gb_month', '2026-04-02', '864000']]);
});

test('usage of a kind that is not metered is not called unknown', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe(bucket);
  const off = { kind: 'spaces_gb_month', is_enabled: false };
  granted(await askService(on.nats, metering.putMeteringConfig, off, { actor: operator }));
  on.clock.set(Temporal.Instant.from('2026-04-05T00:00:00Z'));
  expect(await times(on)).toEqual([
    ['spaces_gb_month', '2026-04-01T06:00:00Z', '2026-04-02T00:00:00Z', 'quantity-unknown'],
  ]);
});

const gateway = { kind: 'nat_gateway', name: 'nat-1', revision: 1, at: '2026-04-10T00:00:00Z' };

test('a kind that is new in a version is metered from the day of the upgrade, and its time before is unknown, not zero', async () => {
  await using on = await stage('2026-04-20T00:00:00Z');
  // The database of an earlier version, which did not know NAT gateways and consumed what was published of them.
  await on.observe({ kind: 'droplet', name: 'd1', revision: 1, at: '2026-04-01T00:00:00Z' }, gateway);
  for (const day of ['2026-04-18', '2026-04-19']) await on.meterDay(day);
  const { db } = on.metering.context;
  await sql`DELETE FROM states WHERE billing_kind = 'nat_gateway_hours'`.execute(db);
  await sql`DELETE FROM observations WHERE kind = 'nat_gateway'`.execute(db);
  await sql`DELETE FROM metering_config WHERE kind = 'nat_gateway_hours'`.execute(db);
  await sql`UPDATE accruals SET hash = ''`.execute(db);
  await sql`INSERT INTO pending_days SELECT day, ${deploymentId('shop')}::uuid FROM metered_days`.execute(db);
  await on.metering.runJob('meter-touched-days', '2026-04-20T02:00:00Z');
  const before = await sql`SELECT period_start, hash FROM accruals ORDER BY 1`.execute(db);

  on.clock.set(Temporal.Instant.from('2026-04-20T12:00:00Z'));
  const upgraded = await startTestService(service, { database: on.database, nats: on.nats, clock: on.clock });
  await upgraded.settled();
  await on.metering.settled();
  expect(await times(on)).toEqual([
    ['nat_gateway_hours', '2026-04-10T00:00:00Z', '2026-04-20T00:00:00Z', 'not-metered-yet'],
  ]);
  expect((await unknown(on))[0]?.detail).toContain('is metered from 2026-04-20 on');
  expect(await sql`SELECT day FROM pending_days`.execute(db)).toMatchObject({ rows: [] });
  expect(await sql`SELECT period_start, hash FROM accruals ORDER BY 1`.execute(db)).toEqual(before);
  await on.meterDay('2026-04-20');
  expect((await facts(on)).filter(([kind]) => kind === 'nat_gateway_hours').at(-1)).toEqual([
    'nat_gateway_hours',
    '2026-04-20',
    '86400',
  ]);
  const { replay_id } = granted(
    await askService(on.nats, metering.startReplay, { period: '2026-04' }, { actor: operator }),
  );
  await on.metering.settled();
  await upgraded.settled();
  const replay = granted(await askService(on.nats, metering.getReplay, { replay_id }, { actor: operator }));
  expect(replay).toMatchObject({ status: 'agrees', differing: 0, pending: 0 });
  await upgraded[Symbol.asyncDispose]();
});

test('a resource kind that gets another billing kind in a version is measured again', async () => {
  await using on = await stage('2026-04-20T00:00:00Z');
  await on.observe({ kind: 'volume', name: 'v1', revision: 1, at: '2026-04-10T00:00:00Z', attrs: { size_gb: '10' } });
  await on.meterDay('2026-04-19');
  const { db } = on.metering.context;
  // As an earlier version left it, which knew no billing kind of volumes but kept their observations.
  await sql`UPDATE observations SET billing_kinds = '{}', units = '{}', dimensions = '{}'`.execute(db);
  await sql`TRUNCATE states`.execute(db);
  await sql`DELETE FROM metering_config WHERE kind = 'volume_gb_month'`.execute(db);
  const upgraded = await startTestService(service, { database: on.database, nats: on.nats, clock: on.clock });
  await upgraded.settled();
  await on.metering.settled();
  expect(await times(on)).toEqual([
    ['volume_gb_month', '2026-04-10T00:00:00Z', '2026-04-20T00:00:00Z', 'not-metered-yet'],
  ]);
  await upgraded[Symbol.asyncDispose]();
});
