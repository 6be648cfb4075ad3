import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { meterDay, meterHour, meterTouchedDays } from '../src/days/meter-day.ts';
import { daysBetween, windowsOf } from '../src/domain/days/windows.ts';
import { billing, clear, factsOf, model, observationsOf, runs, seen, store } from './model.ts';
import { stage } from './stage.ts';

// Facts made by the day or the hour, switched in between, with late arrivals and repetitions, over
// the ends of months of every length and the days on which other calendars change their clocks.

let on: Awaited<ReturnType<typeof stage>>;
beforeAll(async () => {
  on = await stage('2029-01-01T00:00:00Z');
});
afterAll(async () => {
  await on[Symbol.asyncDispose]();
});

/** Clocks change in New York on 8 March 2026, in Europe on the 29th, in Sydney on 4 October. */
const firstDays = ['2026-03-07', '2026-03-28', '2026-10-03', '2026-02-27', '2028-02-27', '2026-04-29', '2026-12-30'];

const inDays = (day: string, days: number) => Temporal.PlainDate.from(day).add({ days }).toString();

const switched = async (kind: string, day: string, revision: number, granularity: string) => {
  await sql`INSERT INTO metering_config
    (kind, revision, effective_from, unit, per, dimension, resource_kind, granularity, retention_days, is_enabled, changed_by)
    SELECT kind, ${revision}::int, ${day}::date, unit, per, dimension, resource_kind, ${granularity}, retention_days, true, 'op'
    FROM metering_config WHERE kind = ${kind} AND revision = 1`.execute(on.metering.context.db);
};

test('daily and hourly facts, switched at any midnight, equal the model, and metering again changes nothing', async () => {
  const ctx = on.metering.context;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        first: fc.constantFrom(...firstDays),
        events: fc.array(seen, { maxLength: 12 }),
        early: fc.nat(12),
        meteredFirst: fc.nat(3),
        hourlyFrom: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)),
        dailyAgain: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)),
        hours: fc.nat(23),
      }),
      async ({ first, events, early, meteredFirst, hourlyFrom, dailyAgain, hours }) => {
        await clear(on);
        const days = daysBetween(first, inDays(first, 3));
        const granularityOn = (kind: number, day: number): 'daily' | 'hourly' => {
          const from = hourlyFrom[kind] ?? 0;
          const until = from + (dailyAgain[kind] ?? 0);
          return day >= from && day < until ? 'hourly' : 'daily';
        };
        for (const [kind, name] of billing.entries()) {
          await switched(name, inDays(first, hourlyFrom[kind] ?? 0), 2, 'hourly');
          await switched(name, inDays(first, (hourlyFrom[kind] ?? 0) + (dailyAgain[kind] ?? 0)), 3, 'daily');
        }
        const set = observationsOf(events, `${inDays(first, -1)}T00:00:00Z`);
        await store(on, set.slice(0, early), false);
        for (const [index, day] of days.slice(0, meteredFirst).entries()) {
          if (index === 0) await meterHour(ctx, Temporal.Instant.from(`${day}T00:00:00Z`).add({ hours }));
          await meterDay(ctx, day);
        }
        await store(on, set.slice(early).reverse(), false);
        await meterTouchedDays(ctx);
        for (const day of days.slice(meteredFirst)) await meterDay(ctx, day);

        const windows = days.flatMap((day, index) =>
          (['daily', 'hourly'] as const).flatMap((granularity) =>
            windowsOf(day, granularity, {
              kinds: billing
                .map((kind, at) => {
                  return { kind, per: 'hour' as const, granularity: granularityOn(at, index), dropsDimension: false };
                })
                .filter((kind) => kind.granularity === granularity),
            }),
          ),
        );
        expect(await factsOf(on)).toEqual(model(set, windows));
        for (const day of days) expect(await meterDay(ctx, day)).toEqual({ published: 0, written: 0, removed: 0 });
      },
    ),
    runs,
  );
}, 180_000);
