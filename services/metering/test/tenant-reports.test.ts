import { metering } from '@arcadia/contracts';
import { askService } from '@arcadia/testkit';
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { daysBetween } from '../src/domain/days/windows.ts';
import { deploymentId, granted, operator, stage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;
type Reading = { time: string; quantity: string; subject: string };

let sent = 0;
const reportOf = (name: string, reading: Reading): metering.UsageReport => ({
  source: '/buckets',
  id: `r${++sent}`,
  form: 'reading',
  kind: 'spaces_gb_month',
  deployment_id: deploymentId(name),
  ...reading,
});

const ingest = async (on: Stage, reports: metering.UsageReport[], actor = tenantActor('acme.com')) =>
  granted(await askService(on.nats, metering.ingestUsage, { reports }, { actor }));

/** The unit-seconds of each metered day of a deployment. */
const meteredOf = async (on: Stage, name: string): Promise<Map<string, bigint>> => {
  await on.metering.settled();
  const { rows } = await sql<{ day: string; units: string }>`
    SELECT period_start::date::text AS day, sum(unit_seconds)::text AS units FROM usage_records
    WHERE deployment_id = ${deploymentId(name)}::uuid GROUP BY 1`.execute(on.metering.context.db);
  return new Map(rows.map(({ day, units }) => [day, BigInt(units)]));
};

const meteredMonth = async (...names: string[]): Promise<Stage> => {
  const on = await stage('2026-04-01T00:00:00Z');
  await on.deploy(...names);
  for (const day of daysBetween('2026-04-01', '2026-04-04')) await on.meterDay(day);
  return on;
};

const aReading = fc.record({
  time: fc
    .integer({ min: 0, max: 5 * 24 - 1 })
    .map((hours) => Temporal.Instant.from('2026-04-01T00:00:00Z').add({ hours }).toString()),
  quantity: fc.constantFrom('0', '1', '10', '10', '500'),
  subject: fc.constantFrom('photos', 'films'),
});
const batches = fc.array(fc.array(aReading, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 6 });

test('metering: no sequence of a tenant’s readings lowers a day that is metered', async () => {
  let story = 0;
  let refused = 0;
  const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 12);
  const names = Array.from({ length: numRuns * 10 }, (_, index) => `shop-${index}`);
  await using on = await meteredMonth(...names);
  on.clock.set(Temporal.Instant.from('2026-04-05T23:59:00Z'));
  await fc.assert(
    fc.asyncProperty(batches, async (sequence) => {
      const name = names[story++ % names.length] ?? '';
      let before = await meteredOf(on, name);
      for (const batch of sequence) {
        const answer = await ingest(
          on,
          batch.map((reading) => reportOf(name, reading)),
        );
        refused += answer.refused.length;
        const after = await meteredOf(on, name);
        expect([...before].filter(([day, units]) => (after.get(day) ?? 0n) < units)).toEqual([]);
        before = after;
      }
    }),
    { numRuns, endOnFailure: true },
  );
  expect(refused).toBeGreaterThan(0);
});

test('a tenant’s smaller reading counts from the time that is not metered yet; an operator may send one of the past', async () => {
  await using on = await meteredMonth('shop');
  const at = (time: string, quantity: string) => reportOf('shop', { time, quantity, subject: 'photos' });
  const first = at('2026-04-01T00:00:00Z', '100');
  await ingest(on, [first]);
  const past = at('2026-04-02T00:00:00Z', '0');
  expect(await ingest(on, [past, at('2026-04-05T00:30:00Z', '40')])).toMatchObject({
    accepted: 1,
    refused: [{ index: 0, reason: 'lowers-metered-usage', detail: expect.stringContaining('photos was 100') }],
  });
  // A repetition is a duplicate, also of a reading that others of its time have replaced since.
  expect(await ingest(on, [at('2026-04-01T00:00:00Z', '150')])).toMatchObject({ accepted: 1 });
  expect(await ingest(on, [first])).toEqual({ accepted: 0, duplicates: 1, refused: [] });
  expect(await ingest(on, [past], operator)).toMatchObject({ accepted: 1, refused: [] });
  expect((await meteredOf(on, 'shop')).get('2026-04-02')).toBeUndefined();
});
