import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type EventData, inventorySync, metering } from '@arcadia/contracts';
import { playedClock } from '@arcadia/platform';
import {
  askService,
  publishEvent,
  publishedEvents,
  restoreOlder,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { service } from '../src/index.ts';
import { granted, operator, stage } from './stage.ts';

const folder = path.join(import.meta.dirname, 'older-databases');
type Observed = EventData<typeof inventorySync.resourceObserved>;

/** Metering on a database of an older commit, after the messages that it was made from; stopped at an instant after its last day. */
async function restored(file: string, at: string) {
  const database = await throwawayDatabase({ service: 'metering' });
  const nats = await throwawayNats();
  await restoreOlder(service, database, path.join(folder, file));
  const clock = playedClock(Temporal.Instant.from(at));
  const running = await startTestService(service, { database, nats, clock });
  const { db } = running.context;
  const kept = await sql<Omit<Observed, 'owner'> & { tenant_id: string | null; deployment_id: string | null }>`
    SELECT resource_id, 'digitalocean' AS provider, kind, name AS provider_id, name, revision, effective_at, observed_at, is_present,
      status, NULL AS region, NULL AS created_at, attrs, tenant_id, deployment_id, 'updated' AS cause
    FROM observations ORDER BY seq`.execute(db);
  const messages = kept.rows.map(({ tenant_id, deployment_id, ...rest }) => ({
    ...rest,
    owner: { tenant_id, deployment_id, project_id: null, attributed_by: null },
  }));
  await publishEvent(nats, inventorySync.resourceObserved, messages);
  await running.settled();
  return {
    database,
    nats,
    clock,
    running,
    db,
    messages,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
type Restored = Awaited<ReturnType<typeof restored>>;

const replay = async ({ nats, running }: Restored, period: string) => {
  const { replay_id } = granted(await askService(nats, metering.startReplay, { period }, { actor: operator }));
  await running.settled();
  return granted(await askService(nats, metering.getReplay, { replay_id }, { actor: operator }));
};

const hashes = async (db: Restored['db'], from: string, to: string) =>
  (
    await sql<{ hash: string }>`SELECT period_start, deployment_id, revision, hash FROM accruals
      WHERE period_start >= ${from}::timestamptz AND period_start < ${to}::timestamptz ORDER BY 1, 2`.execute(db)
  ).rows;

const dimensions = async (db: Restored['db'], day: string) =>
  (
    await sql<{ dimension: string }>`SELECT DISTINCT dimension FROM usage_records
      WHERE kind = 'droplet_hours' AND period_start = ${day}::date ORDER BY 1`.execute(db)
  ).rows.map(({ dimension }) => dimension);

test.each(readdirSync(folder))(
  'the facts of the database %s keep their hashes: metered again and replayed, they agree',
  async (file) => {
    await using on = await restored(file, '2026-05-01T12:00:00Z');
    const before = await hashes(on.db, '2026-04-01', '2026-05-01');
    expect(before.length).toBeGreaterThan(0);
    expect(await replay(on, '2026-04')).toMatchObject({ status: 'agrees', differing: 0, pending: 0 });
    const month = { first_day: '2026-04-01', last_day: '2026-04-30' };
    granted(await askService(on.nats, metering.runMetering, month, { actor: operator }));
    await on.running.settled();
    expect(await hashes(on.db, '2026-04-01', '2026-05-01')).toEqual(before);
    const published = await publishedEvents(on.database, metering.usageAccrued);
    expect(published.filter(({ data }) => data.period === '2026-04')).toHaveLength(before.length);
  },
);

/** Its commit recorded no sizes. */
test.each(['2026-11-29-b7a38e6.json.gz'])(
  'in the database %s the size of a droplet is recorded from the day after the upgrade on, and a late observation of a day before changes only its seconds',
  async (file) => {
    await using on = await restored(file, '2026-05-01T12:00:00Z');
    for (const day of ['2026-05-01', '2026-05-02']) {
      on.clock.set(
        Temporal.PlainDate.from(day).add({ days: 1 }).toZonedDateTime('UTC').toInstant().add({ minutes: 70 }),
      );
      await on.running.runJob('meter-day', on.clock.now());
    }
    expect(await dimensions(on.db, '2026-04-30')).toEqual(['']);
    expect(await dimensions(on.db, '2026-05-01')).toEqual(['']);
    const sizes = await dimensions(on.db, '2026-05-02');
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes).not.toContain('');

    const newest = new Map(
      on.messages.toSorted((a, b) => a.revision - b.revision).map((one) => [one.resource_id, one]),
    );
    const droplet = [...newest.values()].find(
      ({ kind, owner, status }) => kind === 'droplet' && status === 'active' && owner.tenant_id !== null,
    );
    if (droplet === undefined) throw new Error('the database has no owned droplet');
    const resized = ['2026-04-30T12:00:00Z', droplet.effective_at].map((effective_at, index) => {
      return { ...droplet, revision: droplet.revision + 1 + index, effective_at, attrs: { size_slug: 'late-size' } };
    });
    await publishEvent(on.nats, inventorySync.resourceObserved, resized);
    await on.running.settled();
    expect(await dimensions(on.db, '2026-04-30')).toEqual(['']);
    expect(await dimensions(on.db, '2026-05-02')).toContain('late-size');
    for (const period of ['2026-04', '2026-05'])
      expect(await replay(on, period)).toMatchObject({ status: 'agrees', differing: 0, pending: 0 });
  },
);

test('a new database records sizes from the first day on, and an operator who changes a kind keeps its dimension', async () => {
  await using on = await stage('2026-04-01T12:00:00Z');
  const config = async () =>
    granted(
      await askService(on.nats, metering.getMeteringConfig, { kind: 'droplet_hours' }, { actor: operator }),
    ).history.map(({ revision, dimension, effective_from }) => [revision, dimension, effective_from]);
  expect(await config()).toEqual([[1, 'size', '1970-01-01']]);
  const hourly = { kind: 'droplet_hours', granularity: 'hourly' } as const;
  granted(await askService(on.nats, metering.putMeteringConfig, hourly, { actor: operator }));
  expect(await config()).toEqual([
    [2, 'size', '2026-04-02'],
    [1, 'size', '1970-01-01'],
  ]);
});
