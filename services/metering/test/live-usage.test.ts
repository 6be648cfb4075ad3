import { invoicing, metering } from '@arcadia/contracts';
import { askService, publishEvent, publishedEvents } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { deploymentId, granted, observation, operator, stage, subscription, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;
type Input = Parameters<typeof askService<typeof metering.listUsage>>[2];

const usage = async (on: Stage, input: Input = {}, actor = operator) =>
  granted(await askService(on.nats, metering.listUsage, input, { actor }));

const droplet = { kind: 'droplet', name: 'd1', at: '2026-04-01T00:00:00Z', revision: 1 };

test('usage of today is listed before the day is metered, and grows with the clock', async () => {
  await using on = await stage('2026-04-02T00:00:00Z');
  await on.observe(droplet);
  await on.meterDay('2026-04-01');
  on.clock.set(Temporal.Instant.from('2026-04-02T10:30:00.5Z'));
  const [row] = (await usage(on)).items;
  expect(row).toMatchObject({
    quantity: '34.500138888889',
    parts: [{ unit_seconds: '124200.5', divisor: '3600' }],
    records: 1,
    is_live: true,
    tenant_id: 'acme.com',
  });
  expect((await usage(on, { to: '2026-04-02' })).items).toMatchObject([{ quantity: '24', is_live: false }]);
});

test('a range within a day returns the whole day, within an hour the whole hour, and covers_from and covers_to show it', async () => {
  await using on = await stage('2026-04-01T12:00:00Z');
  await on.observe(droplet, { ...droplet, kind: 'dns_zone', name: 'shop.example' });
  const hourly = { kind: 'droplet_hours', granularity: 'hourly' } as const;
  await askService(on.nats, metering.putMeteringConfig, hourly, { actor: operator });
  for (const day of ['2026-04-01', '2026-04-02', '2026-04-03']) await on.meterDay(day);
  on.clock.set(Temporal.Instant.from('2026-04-04T15:30:00Z'));
  const usageIn = async (from: string, to?: string, fields: Input = {}) =>
    (await usage(on, { from, ...(to === undefined ? {} : { to }), group_by: 'kind', ...fields })).items.map((row) => [
      row.kind,
      row.parts[0]?.unit_seconds,
      row.covers_from,
      row.covers_to,
    ]);
  expect(await usageIn('2026-04-02T06:10:00Z', '2026-04-02T07:50:00Z')).toEqual([
    ['dns_zones', '86400', '2026-04-02T00:00:00Z', '2026-04-03T00:00:00Z'],
    ['droplet_hours', '7200', '2026-04-02T06:00:00Z', '2026-04-02T08:00:00Z'],
  ]);
  // By the day on the first, by the hour from the second on.
  expect(await usageIn('2026-04-01T23:00:00Z', '2026-04-02T01:00:00Z', { kind: 'droplet_hours' })).toEqual([
    ['droplet_hours', String(25 * 3600), '2026-04-01T00:00:00Z', '2026-04-02T01:00:00Z'],
  ]);
  // Usage that is not metered yet is cut like facts.
  expect(await usageIn('2026-04-04T14:30:00Z')).toEqual([
    ['dns_zones', String(15.5 * 3600), '2026-04-04T00:00:00Z', '2026-04-04T15:30:00Z'],
    ['droplet_hours', String(1.5 * 3600), '2026-04-04T14:00:00Z', '2026-04-04T15:30:00Z'],
  ]);
  expect(await usageIn('2026-04-02', '2026-04-04', { kind: 'dns_zones' })).toEqual([
    ['dns_zones', '172800', '2026-04-02T00:00:00Z', '2026-04-04T00:00:00Z'],
  ]);
  expect(await usageIn('2026-04-02T06:00:00Z', '2026-04-02T06:00:00Z')).toEqual([]);
});

test('usage is grouped by deployment, kind, day, hour and resource, in pages', async () => {
  await using on = await stage('2026-04-03T00:00:00Z');
  await on.observe(droplet, { ...droplet, name: 'd2', deployment: 'blog', at: '2026-04-02T12:00:00Z' });
  await on.observe({ ...droplet, kind: 'dns_zone', name: 'shop.example' });
  await on.meterDay('2026-04-01');
  const quantities = async (group_by: Input['group_by']) =>
    (await usage(on, { group_by })).items.map(({ quantity }) => quantity);
  expect((await quantities('deployment')).toSorted()).toEqual(['0.066666666667', '12', '48']);
  expect(await quantities('kind')).toEqual(['0.066666666667', '60']);
  expect(
    (await usage(on, { group_by: 'day', kind: 'droplet_hours' })).items.map((row) => [
      row.period_start,
      row.quantity,
      row.is_live,
    ]),
  ).toEqual([
    ['2026-04-01T00:00:00Z', '24', false],
    ['2026-04-02T00:00:00Z', '36', true],
  ]);
  expect(await quantities('resource')).toHaveLength(3);
  const first = await usage(on, { group_by: 'resource', limit: 2 });
  const rest = await usage(on, { group_by: 'resource', limit: 2, cursor: first.next_cursor ?? '' });
  expect([first.items.length, rest.items.length, rest.next_cursor]).toEqual([2, 1, null]);
});

test('a tenant sees only its own usage, whatever ids it names', async () => {
  await using on = await stage('2026-04-02T00:00:00Z');
  await on.observe(droplet, { ...droplet, name: 'd2', tenant: 'other', deployment: 'theirs' });
  await on.meterDay('2026-04-01');
  const tenant = tenantActor('other');
  expect((await usage(on, {}, tenant)).items.map((row) => row.deployment_id)).toEqual([deploymentId('theirs')]);
  expect((await usage(on, { deployment_id: deploymentId('shop') }, tenant)).items).toEqual([]);
  expect((await usage(on, { tenant_id: 'acme.com' }, tenant)).items).toEqual([]);
  expect((await usage(on, { tenant_id: 'acme.com' })).items.map((row) => row.tenant_id)).toEqual(['acme.com']);
});

test('usage is listed with the quantity that plan and addons include', async () => {
  await using on = await stage('2026-04-02T00:00:00Z');
  await on.observe(droplet);
  await publishEvent(on.nats, invoicing.subscriptionChanged, subscription());
  await on.metering.settled();
  expect((await usage(on)).items).toMatchObject([{ kind: 'droplet_hours', included_per_month: '1500' }]);
  expect((await usage(on, { from: '2026-03-01' })).items).toMatchObject([{ included_per_month: null }]);
});

test('switching a kind to hourly takes effect the next day, and no second is lost or counted twice', async () => {
  await using on = await stage('2026-04-01T12:00:00Z');
  await on.observe(droplet);
  const put = granted(
    await askService(
      on.nats,
      metering.putMeteringConfig,
      { kind: 'droplet_hours', granularity: 'hourly' },
      { actor: operator },
    ),
  );
  expect(put).toMatchObject({ revision: 2, effective_from: '2026-04-02', granularity: 'hourly' });
  await on.meterDay('2026-04-01');
  on.clock.set(Temporal.Instant.from('2026-04-02T03:10:00Z'));
  await on.metering.runJob('meter-hour', '2026-04-02T02:10:00Z');
  await on.metering.runJob('meter-hour', '2026-04-02T03:10:00Z');
  expect(
    (await usage(on, { group_by: 'hour', from: '2026-04-02' })).items.map((row) => [row.quantity, row.is_live]),
  ).toEqual([
    ['1', false],
    ['1', false],
    ['1', false],
    ['0.166666666667', true],
  ]);
  await on.observe({ ...droplet, at: '2026-04-02T02:30:00Z', revision: 2, status: 'off' });
  await on.meterDay('2026-04-02');
  const facts = await publishedEvents(on.database, metering.usageAccrued);
  const seconds = new Map(
    facts.map(({ data }) => [`${data.granularity} ${data.period_start}`, data.lines[0]?.unit_seconds ?? '0']),
  );
  expect(seconds).toEqual(
    new Map([
      ['daily 2026-04-01T00:00:00Z', '86400'],
      ['hourly 2026-04-02T00:00:00Z', '3600'],
      ['hourly 2026-04-02T01:00:00Z', '3600'],
      ['hourly 2026-04-02T02:00:00Z', '1800'],
    ]),
  );
  const config = granted(
    await askService(on.nats, metering.getMeteringConfig, { kind: 'droplet_hours' }, { actor: operator }),
  );
  expect(config.history.map(({ revision, granularity }) => [revision, granularity])).toEqual([
    [2, 'hourly'],
    [1, 'daily'],
  ]);
});

test('a misspelt kind is refused, naming the near one; a kind of one’s own is created with its unit', async () => {
  await using on = await stage('2026-04-01T12:00:00Z');
  const put = (input: { kind: string; unit?: string; is_enabled?: boolean }) =>
    askService(on.nats, metering.putMeteringConfig, input, { actor: operator });
  expect(await put({ kind: 'bandwith_gb', is_enabled: false })).toMatchObject({
    refused: 'unknown-kind',
    detail:
      'There is no billing kind bandwith_gb. Near it: bandwidth_gb. To create it as a kind of your own, give its `unit`.',
  });
  expect(granted(await put({ kind: 'gpu_hours', unit: 'hour' }))).toMatchObject({ revision: 1, unit: 'hour' });
  expect(granted(await put({ kind: 'gpu_hours', is_enabled: false }))).toMatchObject({ revision: 2, unit: 'hour' });
});

test('when a resource changes owner on the 10th, each owner is metered for its own part', async () => {
  await using on = await stage('2026-04-10T00:00:00Z');
  await on.observe(droplet, { ...droplet, revision: 2, at: '2026-04-10T06:00:00Z', deployment: 'blog' });
  await on.meterDay('2026-04-10');
  const rows = (await usage(on, { from: '2026-04-10', to: '2026-04-11' })).items;
  expect(new Map(rows.map((row) => [row.deployment_id, row.quantity]))).toEqual(
    new Map([
      [deploymentId('shop'), '6'],
      [deploymentId('blog'), '18'],
    ]),
  );
  expect(observation(droplet).owner.tenant_id).toBe('acme.com');
});

test('a hard cap counts observed usage up to this instant, metered or not', async () => {
  await using on = await stage('2026-04-02T00:00:00Z');
  await on.observe(droplet);
  await on.meterDay('2026-04-01');
  const capped = subscription();
  for (const item of capped.plan.items) item.hard_cap_qty = '40';
  await publishEvent(on.nats, invoicing.subscriptionChanged, capped);
  on.clock.set(Temporal.Instant.from('2026-04-02T10:30:00Z'));
  // 24 h of the 1st, metered, and 10.5 h since.
  const report = (id: string, quantity: string) => ({
    id,
    source: 'urn:test',
    form: 'usage' as const,
    deployment_id: deploymentId('shop'),
    kind: 'droplet_hours',
    time: '2026-04-02T10:00:00Z',
    subject: null,
    quantity,
  });
  const send = async (...reports: ReturnType<typeof report>[]) =>
    granted(await askService(on.nats, metering.ingestUsage, { reports }, { actor: operator }));
  // Observed a moment ago, and not derived yet.
  await on.deploy('shop');
  const { refused } = await send(report('a', '5.5'), report('b', '5.51'));
  expect(refused).toMatchObject([
    { id: 'b', reason: 'hard-cap-reached', detail: expect.stringContaining('40 is used already') },
  ]);
  on.clock.set(Temporal.Instant.from('2026-04-02T11:00:00Z'));
  const more = await send(report('c', '0.01'));
  expect(more.refused[0]?.detail).toContain('40.5 is used already');
});

test('a list of usage longer than a page is counted on request, whether its days are metered or still run', async () => {
  await using on = await stage('2026-04-02T00:00:00Z');
  await on.observe(droplet, { ...droplet, kind: 'dns_zone', name: 'shop.example' });
  await on.meterDay('2026-04-01');
  on.clock.set(Temporal.Instant.from('2026-04-02T10:30:00Z'));
  for (const to of ['2026-04-02', '2026-04-03']) {
    const page = { from: '2026-04-01', to, limit: 1, group_by: 'kind' } as const;
    expect(await usage(on, { ...page, total: true })).toMatchObject({ items: [{ kind: 'dns_zones' }], total: 2 });
    expect(await usage(on, page)).toMatchObject({ items: [{ kind: 'dns_zones' }], total: null });
    const none = { items: [], next_cursor: null, total: 0 };
    expect(await usage(on, { ...page, total: true, tenant_id: 'globex' })).toEqual(none);
    expect(await usage(on, { ...page, tenant_id: 'globex' })).toEqual(none);
  }
});
