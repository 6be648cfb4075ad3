import { metering } from '@arcadia/contracts';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { meterDay, meterTouchedDays } from '../src/days/meter-day.ts';
import { type Window, windowsOf } from '../src/domain/days/windows.ts';
import {
  billing,
  clear,
  factsOf,
  hashesOf,
  linesOf,
  micro,
  minute,
  model,
  observationsOf,
  runs,
  seen,
  store,
  type Usage,
  unknownModel,
  unknownOf,
  withoutDimension,
} from './model.ts';
import { stage } from './stage.ts';

// Eight properties of metering and of late arrival, on real Postgres against a model in BigInt. The
// money properties (prices, shares, rounding) are tested where money is: packages/contracts and services/invoicing.

let on: Awaited<ReturnType<typeof stage>>;
beforeAll(async () => {
  on = await stage('2026-03-20T00:00:00Z');
});
afterAll(async () => {
  await on[Symbol.asyncDispose]();
});

const days = ['2026-03-10', '2026-03-11', '2026-03-12'];
const zero = '2026-03-09T00:00:00Z';

const allKinds = (granularity: 'daily' | 'hourly') =>
  billing.map((kind) => ({ kind, per: 'hour' as const, granularity, dropsDimension: false }));
const windowsOn = (granularity: 'daily' | 'hourly'): Window[] =>
  days.flatMap((day) => windowsOf(day, granularity, { kinds: allKinds(granularity) }));
const withoutDimensions = (windows: readonly Window[]): Window[] =>
  windows.map((window) => ({ ...window, dropsDimension: true }));

test('usage depends on the set of observations, not on order, batches or repetitions', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(seen, { maxLength: 14 }).chain((events) => {
        const set = observationsOf(events, zero);
        return fc.record({
          set: fc.constant(set),
          arrived: fc
            .array(fc.nat(Math.max(0, set.length - 1)), { maxLength: 10 })
            .chain((again) =>
              fc.shuffledSubarray([...set.keys(), ...again.filter((index) => index < set.length)], { minLength: 0 }),
            ),
          cut: fc.nat(20),
        });
      }),
      async ({ set, arrived, cut }) => {
        await clear(on);
        // Everything at least once: what the shuffle left out is appended.
        const order = [...arrived, ...set.keys()];
        await store(
          on,
          order.slice(0, cut).flatMap((index) => set[index] ?? []),
          true,
        );
        await store(
          on,
          order.slice(cut).flatMap((index) => set[index] ?? []),
          true,
        );
        for (const granularity of ['daily', 'hourly'] as const) {
          const windows = windowsOn(granularity);
          expect(await linesOf(on, windows)).toEqual(model(set, windows));
        }
      },
    ),
    runs,
  );
}, 120_000);

test('the usage of a window equals the sum of its pieces, wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(seen, { maxLength: 12 }),
      fc.bigInt({ min: 1n, max: 3n * 1440n * minute - 1n }),
      async (events, at) => {
        await clear(on);
        await store(on, observationsOf(events, zero), true);
        const start = Temporal.Instant.from('2026-03-10T00:00:00Z');
        const end = Temporal.Instant.from('2026-03-13T00:00:00Z');
        const cut = new Temporal.Instant((micro(start.toString()) + at) * 1000n);
        const piece = (from: Temporal.Instant, to: Temporal.Instant) =>
          linesOf(
            on,
            billing.map((kind) => ({ start: from, end: to, kind, divisor: 3600, dropsDimension: false })),
          );
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

test('one resource is never metered for more than its time: an hour has 3600 seconds, a day 86400, for all deployments and sizes together', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(seen, { maxLength: 14 }), async (events) => {
      await clear(on);
      const set = observationsOf(
        events.map((event) => ({
          ...event,
          measures: event.measures.slice(0, 1).map((one) => ({ ...one, units: Math.min(one.units ?? 0, 1) })),
        })),
        zero,
      );
      await store(on, set, true);
      for (const [granularity, seconds] of [
        ['daily', 86_400n],
        ['hourly', 3600n],
      ] as const) {
        const sums = new Map<string, bigint>();
        for (const [key, value] of await linesOf(on, windowsOn(granularity))) {
          const [, resource, , , start] = key.split(' ');
          const time = `${resource} ${start}`;
          sums.set(time, (sums.get(time) ?? 0n) + value);
        }
        for (const value of sums.values()) {
          expect(value > 0n && value <= seconds * 1_000_000n).toBe(true);
        }
      }
    }),
    runs,
  );
}, 120_000);

test('late arrival ends in the facts of arrival in time, and metering once more changes nothing', async () => {
  const ctx = on.metering.context;
  await fc.assert(
    fc.asyncProperty(
      fc.array(seen, { maxLength: 12 }),
      fc.nat(12),
      fc.nat(2),
      fc.nat(3),
      async (events, split, metered, recorded) => {
        await clear(on);
        await recordedFrom(recorded);
        const set = observationsOf(events, zero);
        await store(on, set.slice(0, split), false);
        for (const day of days.slice(0, metered + 1)) await meterDay(ctx, day);
        await store(on, set.slice(split).reverse(), false);
        await meterTouchedDays(ctx);
        for (const day of days.slice(metered + 1)) await meterDay(ctx, day);
        const windows = windowsOn('daily').map((window) => ({
          ...window,
          dropsDimension:
            window.kind === 'droplet_hours' && days.indexOf(window.start.toString().slice(0, 10)) < recorded,
        }));
        expect(await factsOf(on)).toEqual(model(set, windows));
        for (const { hash, lines } of await hashesOf(on)) expect(hash).toBe(metering.linesHash(lines));
        for (const day of days) expect(await meterDay(ctx, day)).toEqual({ published: 0, written: 0, removed: 0 });
      },
    ),
    runs,
  );
}, 120_000);

test('the usage of every dimension together equals the usage without dimensions', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(seen, { maxLength: 14 }), async (events) => {
      await clear(on);
      await store(on, observationsOf(events, zero), true);
      const windows = windowsOn('daily');
      expect(withoutDimension(await linesOf(on, windows))).toEqual(await linesOf(on, withoutDimensions(windows)));
    }),
    runs,
  );
}, 120_000);

test('unknown usage is listed for exactly the time in which the units of an owned resource are unknown', async () => {
  const within = {
    start: Temporal.Instant.from('2026-03-10T07:00:00Z'),
    end: Temporal.Instant.from('2026-03-12T12:00:00Z'),
  };
  await fc.assert(
    fc.asyncProperty(fc.array(seen, { maxLength: 14 }), async (events) => {
      await clear(on);
      const set = observationsOf(events, zero);
      await store(on, set, true);
      expect(await unknownOf(on, within)).toEqual(unknownModel(set, within));
    }),
    runs,
  );
}, 120_000);

/** Facts of droplets contain their size from this day on, as in a database that was metered by an earlier version. */
const recordedFrom = async (index: number): Promise<void> => {
  const day = days[index] ?? '2026-03-13';
  const { db } = on.metering.context;
  await sql`UPDATE metering_config SET dimension = NULL WHERE kind = 'droplet_hours'`.execute(db);
  await sql`INSERT INTO metering_config
    (kind, revision, effective_from, unit, per, dimension, resource_kind, granularity, retention_days, is_enabled, changed_by)
    SELECT kind, 2, ${day}::date, unit, per, 'size', resource_kind, granularity, retention_days, true, 'service:metering'
    FROM metering_config WHERE kind = 'droplet_hours'`.execute(db);
};
