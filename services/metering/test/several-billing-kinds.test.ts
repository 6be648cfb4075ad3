import { metering } from '@arcadia/contracts';
import { askService, publishedEvents } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { granted, operator, type Seen, stage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;

const linesOf = async (on: Stage) => {
  const facts = (await publishedEvents(on.database, metering.usageAccrued)).map(({ data }) => data);
  for (const fact of facts) expect(fact.hash).toBe(metering.linesHash(fact.lines));
  return facts.map((fact) =>
    fact.lines.map(({ kind, dimension, unit_seconds }) => [kind, dimension ?? null, unit_seconds]),
  );
};
const unknownTimes = async (on: Stage) =>
  granted(await askService(on.nats, metering.listUnknownUsage, {}, { actor: operator })).items.map((row) => [
    row.kind,
    row.dimension,
    row.from.slice(11, 16),
    row.until.slice(11, 16),
  ]);
const replayed = async (on: Stage) => {
  const { replay_id } = granted(
    await askService(on.nats, metering.startReplay, { period: '2026-04' }, { actor: operator }),
  );
  await on.metering.settled();
  return granted(await askService(on.nats, metering.getReplay, { replay_id }, { actor: operator })).status;
};

test('a database is metered for its nodes by size and for its storage, each on lines of its own', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  const database = (revision: number, at: string, attrs: NonNullable<Seen['attrs']>): Seen => ({
    kind: 'managed_db',
    name: 'db-1',
    revision,
    at,
    attrs,
  });
  await on.observe(
    database(1, '2026-04-01T00:00:00Z', { size_slug: 'db-s-1vcpu-1gb', node_count: 1, extra_storage_gb: '0' }),
    database(2, '2026-04-01T13:37:21Z', { size_slug: 'db-s-2vcpu-4gb', node_count: 2, extra_storage_gb: '20' }),
    database(3, '2026-04-01T20:00:00Z', { size_slug: 'db-s-2vcpu-4gb', node_count: 2 }),
  );
  await on.meterDay('2026-04-01');
  const first = 13 * 3600 + 37 * 60 + 21;
  expect(await linesOf(on)).toEqual([
    [
      ['database_node_hours', 'db-s-1vcpu-1gb', String(first)],
      ['database_node_hours', 'db-s-2vcpu-4gb', String(2 * (86_400 - first))],
      ['database_storage_gb_month', null, String(20 * (20 * 3600 - first))],
    ],
  ]);
  // Storage beyond the size is not known from 20:00 on; the nodes are.
  expect((await unknownTimes(on))[0]).toEqual(['database_storage_gb_month', null, '20:00', '01:10']);
  expect(await replayed(on)).toBe('agrees');
});

test('an app is metered for several sizes at once, and a size of unknown count is unknown while the others count', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  const app = (revision: number, at: string, components: [size: string, count: number | null][]): Seen => ({
    kind: 'app',
    name: 'app-1',
    revision,
    at,
    attrs: {
      components: components.map(([size_slug, instance_count], index) => {
        return { name: `c${index}`, type: 'service', size_slug, instance_count };
      }),
      dev_databases: 1,
    },
  });
  await on.observe(
    app(1, '2026-04-01T00:00:00Z', [
      ['small', 2],
      ['large', 1],
      ['small', 1],
    ]),
    app(2, '2026-04-01T12:00:00Z', [
      ['small', 1],
      ['large', null],
    ]),
    // Without components it counts nothing, and what it counted before ends.
    app(3, '2026-04-01T18:00:00Z', []),
    { ...app(4, '2026-04-01T22:00:00Z', []), isPresent: false },
  );
  await on.meterDay('2026-04-01');
  expect(await linesOf(on)).toEqual([
    [
      ['app_container_hours', 'large', String(12 * 3600)],
      ['app_container_hours', 'small', String(3 * 12 * 3600 + 6 * 3600)],
      ['app_database_hours', null, String(22 * 3600)],
    ],
  ]);
  expect(await unknownTimes(on)).toEqual([['app_container_hours', 'large', '12:00', '18:00']]);
  expect(await replayed(on)).toBe('agrees');
});

test('a cluster is metered for its highly available control plane, and a share by its tier', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe(
    { kind: 'k8s_cluster', name: 'k1', revision: 1, at: '2026-04-01T00:00:00Z', attrs: { is_ha: false } },
    { kind: 'k8s_cluster', name: 'k1', revision: 2, at: '2026-04-01T06:00:00Z', attrs: { is_ha: true } },
    {
      kind: 'nfs_share',
      name: 's1',
      revision: 1,
      at: '2026-04-01T12:00:00Z',
      attrs: { size_gb: '100', performance_tier: 'high' },
    },
  );
  await on.meterDay('2026-04-01');
  const [lines = []] = await linesOf(on);
  expect(lines.toSorted()).toEqual([
    ['kubernetes_ha_hours', null, String(18 * 3600)],
    ['nfs_gb_month', 'high', String(100 * 12 * 3600)],
  ]);
});
