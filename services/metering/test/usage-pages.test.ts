import { invoicing, metering } from '@arcadia/contracts';
import { createDatabase, createPool, ensureMonthPartitionsBetween } from '@arcadia/platform';
import { askService, publishEvent } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Tables } from '../src/store/schema.ts';
import { sumsOfWholeDays, usageSums } from '../src/store/usage/usage-sums.ts';
import { ingest, report, type Stage } from './reported-usage.ts';
import { deploymentId, granted, operator, type Seen, stage, subscription } from './stage.ts';

type Input = Parameters<typeof askService<typeof metering.listUsage>>[2];

const list = async (on: Stage, input: Input) =>
  granted(await askService(on.nats, metering.listUsage, input, { actor: operator }));

/** The rows of a list that is read page by page. */
const inPages = async (on: Stage, input: Input, limit: number) => {
  const rows = [];
  let cursor: string | undefined;
  do {
    const page = await list(on, { ...input, limit, ...(cursor === undefined ? {} : { cursor }) });
    rows.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return rows;
};

const droplet = (name: string, fields: Partial<Seen> = {}): Seen => ({
  kind: 'droplet',
  name,
  at: '2026-04-01T00:00:00Z',
  revision: 1,
  attrs: { size_slug: 's-1vcpu-1gb' },
  ...fields,
});

const keyOf = (row: Awaited<ReturnType<typeof list>>['items'][number]) =>
  [row.deployment_id, row.resource_id, row.period_start, row.kind, row.dimension].map((part) => part ?? '').join(' ');

test('pages of one row show the rows of one long page in the same order, by every grouping, of facts and of usage that is not metered yet', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.deploy('shop', 'blog');
  await on.observe(
    droplet('d1'),
    droplet('d1', { revision: 2, at: '2026-04-01T13:00:00Z', attrs: { size_slug: 'g-2vcpu-8gb' } }),
    droplet('d2', { deployment: 'blog' }),
    droplet('d3', { deployment: 'theirs', tenant: 'other' }),
    droplet('d4', { attrs: {} }),
    { kind: 'dns_zone', name: 'shop.example', at: '2026-04-01T00:00:00Z', revision: 1 },
  );
  await publishEvent(on.nats, invoicing.subscriptionChanged, subscription());
  await on.metering.settled();
  await on.meterDay('2026-04-01');
  // It has no resource.
  const at = { time: '2026-04-01T12:00:00Z' };
  await ingest(on, [report(at), report({ ...at, id: 'r2', deployment_id: deploymentId('blog') })]);
  await on.metering.settled();
  on.clock.set(Temporal.Instant.from('2026-04-02T15:30:00Z'));
  for (const to of ['2026-04-02', undefined]) {
    for (const group_by of metering.usageGrouping.options) {
      for (const filter of [{}, { tenant_id: 'acme.com' }, { deployment_id: deploymentId('shop') }]) {
        const input = { ...filter, group_by, from: '2026-04-01', ...(to === undefined ? {} : { to }) };
        const { items } = await list(on, { ...input, limit: 200 });
        const { total } = await list(on, { ...input, limit: 1, total: true });
        const isOfTenants = group_by === 'deployment' || group_by === 'resource';
        const tenants = Object.keys(filter).length === 0 ? ['acme.com', 'other'] : ['acme.com'];
        expect(items.length).toBeGreaterThan(1);
        expect({
          input,
          total,
          rows: await inPages(on, input, 1),
          keys: items.map(keyOf),
          tenants: [...new Set(items.map(({ tenant_id }) => tenant_id))].toSorted(),
        }).toEqual({
          input,
          total: items.length,
          rows: items,
          keys: items.map(keyOf).toSorted(),
          tenants: isOfTenants ? tenants : [null],
        });
      }
    }
  }
  const [shop] = (await list(on, { deployment_id: deploymentId('shop'), kind: 'droplet_hours' })).items;
  expect(shop).toMatchObject({ included_per_month: '1500', is_live: true });
}, 60_000);

test('a month of a tenant has facts once its last day is metered, and that day as it stands before', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe(droplet('d1'), droplet('d2', { deployment: 'theirs', tenant: 'other' }));
  const days = Array.from({ length: 30 }, (_, index) => `2026-04-${String(index + 1).padStart(2, '0')}`);
  for (const day of days.slice(0, -1)) await on.meterDay(day);
  on.clock.set(Temporal.Instant.from('2026-05-01T00:30:00Z'));
  const month = { tenant_id: 'acme.com', from: '2026-04-01', to: '2026-05-01' };
  const sum = { deployment_id: deploymentId('shop'), kind: 'droplet_hours', quantity: '720' };
  expect((await list(on, month)).items).toMatchObject([{ ...sum, records: 29, is_live: true }]);
  await on.meterDay('2026-04-30');
  expect((await list(on, month)).items).toMatchObject([{ ...sum, records: 30, is_live: false }]);
  // A range of days that is no month, one of two months, and a month without any usage.
  const of = async (fields: Input) => (await list(on, { ...month, ...fields })).items.map(({ quantity }) => quantity);
  expect(await of({ to: '2026-04-30' })).toEqual(['696']);
  expect(await of({ from: '2026-03-01' })).toEqual(['720']);
  expect(await of({ from: '2026-03-01', to: '2026-04-01' })).toEqual([]);
  expect(await of({ group_by: 'day' })).toEqual(days.map(() => '24'));
}, 60_000);

test('the sum of a month is planned once for each connection, however many months are kept', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe(droplet('d1'));
  await on.meterDay('2026-04-01');
  const pool = createPool(
    { url: on.database.url, schema: 'metering', applicationName: 'test', connections: 1 },
    () => undefined,
  );
  const db = createDatabase<Tables>(pool);
  try {
    const [from, to] = ['2026-04-01T00:00:00Z', '2026-04-02T00:00:00Z'].map((at) => Temporal.Instant.from(at));
    if (from === undefined || to === undefined) throw new Error('there is no range');
    const kept = { from: from.subtract({ hours: 24 * 360 }), to };
    await ensureMonthPartitionsBetween(db, { table: 'usage_records', ...kept });
    const wanted = { from, to, groupBy: 'deployment', tenant: 'acme.com', limit: 201, after: null } as const;
    const month = { ...wanted, to: Temporal.Instant.from('2026-05-01T00:00:00Z') };
    for (let time = 0; time < 12; time += 1) {
      for (const range of [wanted, month]) {
        const { sums } = await sumsOfWholeDays(db, range, { first: '2026-04-01', last: '2026-04-01' });
        expect(sums?.rows).toMatchObject([{ quantity: '24' }]);
      }
      expect((await usageSums(db, { ...wanted, live: [] })).rows).toMatchObject([{ quantity: '24' }]);
    }
    const { rows } = await sql<{ custom: string; kept: string }>`
      SELECT custom_plans AS custom, generic_plans AS kept FROM pg_prepared_statements
      WHERE statement LIKE '%FROM usage_records%' ORDER BY generic_plans`.execute(db);
    // Postgres plans the first five executions of any statement for their values.
    expect(rows).toEqual([
      { custom: '5', kept: '7' },
      { custom: '5', kept: '19' },
    ]);
  } finally {
    await db.destroy();
  }
});
