import { inventorySync, metering } from '@arcadia/contracts';
import { publishEvent, publishedEvents, publishRaw } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { observation, stage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;
const { resourceObserved } = inventorySync;

const history = [
  { kind: 'droplet', name: 'd1', at: '2026-04-01T00:00:00Z', revision: 1 },
  { kind: 'droplet', name: 'd1', at: '2026-04-01T06:00:00Z', revision: 2, status: 'off' },
  { kind: 'droplet', name: 'd1', at: '2026-04-01T18:00:00Z', revision: 3 },
  { kind: 'droplet', name: 'd1', at: '2026-04-01T18:00:00Z', revision: 4, deployment: 'blog' },
];

const seconds = async (on: Stage) =>
  (await publishedEvents(on.database, metering.usageAccrued)).map(({ data }) => data.lines[0]?.unit_seconds).toSorted();

test('observations in any order result in the same usage', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  for (const seen of [...history].reverse()) await on.observe(seen);
  await on.meterDay('2026-04-01');
  expect(await seconds(on)).toEqual(['21600', '21600']);
});

test('a late observation is metered also when its batch begins with one that was handled before', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.meterDay('2026-04-01');
  const late = (name: string) => ({ kind: 'droplet', name, at: '2026-04-01T06:00:00Z', revision: 1 });
  await on.observe(late('d1'));
  // An acknowledgement that was lost: the server delivers the first message again, and the next one with it.
  await publishEvent(on.nats, resourceObserved, [late('d1'), late('d2')].map(observation), {
    headers: { 'Nats-Msg-Id': '' },
  });
  await on.metering.settled();
  const facts = await publishedEvents(on.database, metering.usageAccrued);
  expect(facts.map(({ data }) => data.lines.length)).toEqual([1, 2]);
});

test('an observation delivered twice is stored once', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  for (const again of ['first', 'second', 'third']) {
    await publishEvent(
      on.nats,
      resourceObserved,
      observation({ ...history[0], kind: 'droplet', name: 'd1', at: '2026-04-01T00:00:00Z', revision: 1 }),
      {
        headers: { 'Nats-Msg-Id': again },
      },
    );
  }
  await on.metering.settled();
  const kept = await sql<{ count: string }>`SELECT count(*) FROM observations`.execute(on.metering.context.db);
  expect(kept.rows[0]?.count).toBe('1');
});

test('a message that cannot be read is parked, and its neighbours are metered', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  const first = observation({ kind: 'droplet', name: 'd1', at: '2026-04-01T00:00:00Z', revision: 1 });
  await publishEvent(on.nats, resourceObserved, first);
  await publishRaw(on.nats, { subject: resourceObserved.subject(first), payload: '{"resource_id":"nonsense"}' });
  await on.observe({ kind: 'volume', name: 'v1', at: '2026-04-01T00:00:00Z', revision: 1, attrs: { size_gb: '50' } });
  await on.meterDay('2026-04-01');
  const [fact] = await publishedEvents(on.database, metering.usageAccrued);
  expect(fact?.data.lines.map(({ kind, unit_seconds }) => [kind, unit_seconds]).toSorted()).toEqual([
    ['droplet_hours', '86400'],
    ['volume_gb_month', '4320000'],
  ]);
  const parked = await sql<{
    count: string;
  }>`SELECT count(*) FROM events WHERE subject = 'dead.metering.inventory'`.execute(on.metering.context.db);
  expect(parked.rows[0]?.count).toBe('1');
});

test('resources without a billing kind are not stored', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe({ kind: 'firewall', name: 'f1', at: '2026-04-01T00:00:00Z', revision: 1 });
  const kept = await sql<{ count: string }>`SELECT count(*) FROM observations`.execute(on.metering.context.db);
  expect(kept.rows[0]?.count).toBe('0');
});
