import { resourceId } from '@arcadia/contracts';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Window, windowsOf } from '../src/domain/windows.ts';
import { meterDay, meterTouchedDays } from '../src/meter-day.ts';
import { deriveStates } from '../src/store/derive-states.ts';
import { linesQuery } from '../src/store/lines.ts';
import { addObservations, type Observation } from '../src/store/observations.ts';
import { deploymentId, stage } from './stage.ts';

// The first six properties of metering, and what late arrival must come to, on real Postgres against a model in BigInt. The
// money properties (prices, shares, rounding) are tested where money is: packages/contracts and services/invoicing.
const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 25) };

type Stage = Awaited<ReturnType<typeof stage>>;
let on: Stage;
beforeAll(async () => {
  on = await stage('2026-03-20T00:00:00Z');
});
afterAll(async () => {
  await on[Symbol.asyncDispose]();
});

const days = ['2026-03-10', '2026-03-11', '2026-03-12'];
const micro = (text: string): bigint => Temporal.Instant.from(text).epochNanoseconds / 1000n;
const zero = micro('2026-03-09T00:00:00Z');
const minute = 60_000_000n;

/** One thing the provider did to one of a few resources; the same instants come up often, midnight among them. */
const seen = fc.record({
  resource: fc.integer({ min: 0, max: 2 }),
  at: fc.oneof(
    fc.integer({ min: 0, max: 5 }).map((day) => BigInt(day) * 1440n * minute),
    fc.integer({ min: 0, max: 5 * 24 * 3 }).map((third) => BigInt(third) * 20n * minute),
    fc.bigInt({ min: 0n, max: 5n * 1440n * minute }),
  ),
  units: fc.integer({ min: 0, max: 3 }),
  owner: fc.constantFrom('shop', 'blog', null),
});

const kinds = ['droplet', 'volume', 'dns_zone'];
const billing = ['droplet_hours', 'volume_gb_month', 'dns_zones'];

const observationsOf = (
  events: readonly { resource: number; at: bigint; units: number; owner: string | null }[],
): Observation[] => {
  const revisions = new Map<number, number>();
  return events.map(({ resource, at, units, owner }) => {
    const revision = (revisions.get(resource) ?? 0) + 1;
    revisions.set(resource, revision);
    const instant = new Temporal.Instant((zero + at) * 1000n).toString();
    return {
      resourceId: resourceId('test', 'thing', String(resource)),
      revision,
      kind: kinds[resource] ?? '',
      billingKind: billing[resource] ?? '',
      effectiveAt: instant,
      observedAt: instant,
      isPresent: true,
      units: String(units),
      tenantId: owner === null ? null : 'acme.com',
      deploymentId: owner === null ? null : deploymentId(owner),
      name: 'thing',
      status: null,
      attrs: '{}',
      eventId: resourceId('test', 'event', `${resource}:${revision}`),
      stream: 'INVENTORY',
      streamSeq: 1,
    };
  });
};

type Usage = Map<string, bigint>;

/** Unit-microseconds by deployment, resource and window, straight from the definition. */
const model = (observations: readonly Observation[], windows: readonly Window[]): Usage => {
  const usage: Usage = new Map();
  for (const history of Map.groupBy(observations, (one) => one.resourceId).values()) {
    const counting = new Map<bigint, Observation>();
    for (const one of history.toSorted((a, b) => a.revision - b.revision)) counting.set(micro(one.effectiveAt), one);
    const starts = [...counting.keys()].sort((a, b) => (a < b ? -1 : 1));
    starts.forEach((start, index) => {
      const state = counting.get(start);
      if (state === undefined || state.deploymentId === null || state.units === '0') return;
      for (const window of windows) {
        if (window.kind !== state.billingKind) continue;
        const from = maximum(start, micro(window.start.toString()));
        const to = minimum(starts[index + 1] ?? from + 10n ** 18n, micro(window.end.toString()));
        if (to <= from) continue;
        const key = [state.deploymentId, state.resourceId, state.billingKind, window.start.toString()].join(' ');
        usage.set(key, (usage.get(key) ?? 0n) + BigInt(state.units) * (to - from));
      }
    });
  }
  return usage;
};

const maximum = (a: bigint, b: bigint) => (a > b ? a : b);
const minimum = (a: bigint, b: bigint) => (a < b ? a : b);

const allKinds = (granularity: 'daily' | 'hourly') =>
  billing.map((kind) => ({ kind, per: 'hour' as const, granularity }));
const windowsOn = (granularity: 'daily' | 'hourly') =>
  days.flatMap((day) => windowsOf(day, granularity, { kinds: allKinds(granularity) }));

const clear = () =>
  sql`TRUNCATE observations, states, metered_days, pending_days, usage_records, accruals, periods`.execute(
    on.metering.context.db,
  );

const hear = (batch: readonly Observation[], derive: boolean) =>
  on.metering.context.transact(async (tx) => {
    if (batch.length > 0) await addObservations(tx.sql, batch);
    if (derive) await deriveStates(tx.sql);
  });

type Line = { deployment_id: string; resource_id: string; kind: string; period_start: string; unit_seconds: string };

const microseconds = (seconds: string): bigint => {
  const [whole = '0', fraction = ''] = seconds.split('.');
  return BigInt(whole + fraction.padEnd(6, '0'));
};

const asUsage = (rows: readonly Line[]): Usage =>
  new Map(
    rows.map((row) => [
      [row.deployment_id, row.resource_id, row.kind, row.period_start].join(' '),
      microseconds(row.unit_seconds),
    ]),
  );

const linesOf = async (windows: readonly Window[]): Promise<Usage> => {
  const result = await sql<Line>`SELECT * FROM (${linesQuery({ windows })}) AS lines`.execute(on.metering.context.db);
  return asUsage(result.rows);
};

const factsOf = async (): Promise<Usage> => {
  const result = await sql<Line>`SELECT * FROM usage_records`.execute(on.metering.context.db);
  return asUsage(result.rows);
};

test('whatever the order, the batches and the repetitions, the usage is that of the set', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(seen, { maxLength: 14 }).chain((events) => {
        const set = observationsOf(events);
        return fc.record({
          set: fc.constant(set),
          heard: fc
            .array(fc.nat(Math.max(0, set.length - 1)), { maxLength: 10 })
            .chain((again) =>
              fc.shuffledSubarray([...set.keys(), ...again.filter((index) => index < set.length)], { minLength: 0 }),
            ),
          cut: fc.nat(20),
        });
      }),
      async ({ set, heard, cut }) => {
        await clear();
        // Everything once at least: what the shuffle left out comes last.
        const order = [...heard, ...set.keys()];
        await hear(
          order.slice(0, cut).flatMap((index) => set[index] ?? []),
          true,
        );
        await hear(
          order.slice(cut).flatMap((index) => set[index] ?? []),
          true,
        );
        for (const granularity of ['daily', 'hourly'] as const) {
          const windows = windowsOn(granularity);
          expect(await linesOf(windows)).toEqual(model(set, windows));
        }
      },
    ),
    runs,
  );
}, 120_000);

test('the usage of a window is that of its pieces, wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(seen, { maxLength: 12 }),
      fc.bigInt({ min: 1n, max: 3n * 1440n * minute - 1n }),
      async (events, at) => {
        await clear();
        await hear(observationsOf(events), true);
        const start = Temporal.Instant.from('2026-03-10T00:00:00Z');
        const end = Temporal.Instant.from('2026-03-13T00:00:00Z');
        const cut = new Temporal.Instant((micro(start.toString()) + at) * 1000n);
        const piece = (from: Temporal.Instant, to: Temporal.Instant) =>
          linesOf(billing.map((kind) => ({ start: from, end: to, kind, divisor: 3600 })));
        const total = (usage: Usage) => {
          const sums: Usage = new Map();
          for (const [key, value] of usage) {
            const thing = key.slice(0, key.lastIndexOf(' '));
            sums.set(thing, (sums.get(thing) ?? 0n) + value);
          }
          return sums;
        };
        const sum = total(await piece(start, cut));
        for (const [thing, value] of total(await piece(cut, end))) sum.set(thing, (sum.get(thing) ?? 0n) + value);
        expect(sum).toEqual(total(await piece(start, end)));
      },
    ),
    runs,
  );
}, 120_000);

test('one resource is never metered for more than its time: an hour has 3600 seconds, a day 86400, for all deployments together', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(seen, { maxLength: 14 }), async (events) => {
      await clear();
      const set = observationsOf(events.map((event) => ({ ...event, units: Math.min(event.units, 1) })));
      await hear(set, true);
      for (const [granularity, seconds] of [
        ['daily', 86_400n],
        ['hourly', 3600n],
      ] as const) {
        const sums = new Map<string, bigint>();
        for (const [key, value] of await linesOf(windowsOn(granularity))) {
          const [, ...thing] = key.split(' ');
          sums.set(thing.join(' '), (sums.get(thing.join(' ')) ?? 0n) + value);
        }
        for (const value of sums.values()) {
          expect(value > 0n && value <= seconds * 1_000_000n).toBe(true);
        }
      }
    }),
    runs,
  );
}, 120_000);

test('what comes late ends in the facts of perfect arrival, and metering once more changes nothing', async () => {
  const ctx = on.metering.context;
  await fc.assert(
    fc.asyncProperty(fc.array(seen, { maxLength: 12 }), fc.nat(12), fc.nat(2), async (events, split, metered) => {
      await clear();
      const set = observationsOf(events);
      await hear(set.slice(0, split), false);
      for (const day of days.slice(0, metered + 1)) await meterDay(ctx, day);
      await hear(set.slice(split).reverse(), false);
      await meterTouchedDays(ctx);
      for (const day of days.slice(metered + 1)) await meterDay(ctx, day);
      expect(await factsOf()).toEqual(model(set, windowsOn('daily')));
      for (const day of days) expect(await meterDay(ctx, day)).toEqual({ said: 0, written: 0, removed: 0 });
    }),
    runs,
  );
}, 120_000);
