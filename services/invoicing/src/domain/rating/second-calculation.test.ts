import fc from 'fast-check';
import { expect, it } from 'vitest';
import { april, decimal } from '../../../test/any-month.ts';
import { secondSubtotal } from '../../../test/month-calculator.ts';
import { addon, input, item, plan, subscription, used } from '../../../test/terms-builder.ts';
import { type RatingInput, rate } from './rate.ts';
import type { Discount, PriceOverride, SubscriptionTerms } from './terms.ts';

const kinds = ['widgets', 'gadgets'] as const;
const id = (number: number): string => `00000000-0000-8000-8000-${String(number).padStart(12, '0')}`;
const at = (hours: number): string => Temporal.Instant.from('2026-04-01T00:00:00Z').add({ hours }).toString();
const aDay = fc
  .integer({ min: -5, max: 35 })
  .map((days) => Temporal.PlainDate.from('2026-04-01').add({ days }).toString());

/** Base prices of different plans and own prices never meet: their sum does not show which of two equal prices is rounded up. */
const codes = ['first', 'second', 'third'] as const;
const cents = (remainder: number) => fc.integer({ min: 0, max: 3000 }).map((whole) => whole * 6 + remainder);

const amounts = { included_qty: decimal, overage_price_cents: decimal };
const unit = fc.integer({ min: 1, max: 1000 }).map(String);
const packaged = fc.record({ ...amounts, overage_unit: unit, charge_model: fc.constant('package' as const) });
const tiered = fc
  .record({
    included_qty: decimal,
    overage_unit: unit,
    charge_model: fc.constantFrom('graduated' as const, 'volume' as const),
    bounds: fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 5000 })),
    prices: fc.tuple(decimal, decimal, decimal),
  })
  .map(({ bounds: [first, more], prices, ...fields }) => ({
    ...fields,
    overage_price_cents: null,
    tiers: prices.map((unit_price_cents, index) => ({
      up_to: [String(first), String(first + more), null][index] ?? null,
      unit_price_cents,
    })),
  }));

const aPlan = fc.nat(codes.length - 1).chain((nth) =>
  fc
    .record({
      base_price_cents: cents(nth),
      proration: fc.constantFrom('none' as const, 'daily' as const, 'daily' as const),
      items: fc.tuple(
        fc.record(amounts).map((fields) => item('widgets', fields)),
        fc.oneof(fc.record(amounts), packaged, tiered).map((fields) => item('gadgets', fields)),
      ),
    })
    .map((fields) => plan({ code: codes[nth] ?? 'first', ...fields })),
);

const hourIn = (from: number, to: number) => fc.integer({ min: from, max: to });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 1 });

const anAddon = fc.record({
  code: fc.constantFrom('more_a', 'more_b'),
  kind: fc.constantFrom(...kinds),
  qty: decimal,
  price_cents: fc.integer({ min: 0, max: 5000 }),
  quantity: fc.integer({ min: 1, max: 3 }),
  from: hourIn(0, 500),
  length: maybe(hourIn(1, 600)),
});

/** A subscription that begins at an hour, with changes of its plan, a trial, pauses and addons. */
const aSubscription = (number: number, [earliest, latest]: readonly [number, number]) =>
  fc
    .record({
      start: hourIn(earliest, latest),
      length: maybe(hourIn(1, 400)),
      plans: fc.array(fc.tuple(aPlan, hourIn(1, 250)), { minLength: 1, maxLength: 3 }),
      trial: maybe(hourIn(1, 400)),
      pauses: fc.array(fc.tuple(hourIn(1, 300), maybe(hourIn(1, 200))), { maxLength: 2 }),
      addons: fc.uniqueArray(anAddon, { maxLength: 2, selector: ({ code }) => code }),
    })
    .map(({ start, length, plans, trial, pauses, addons }): SubscriptionTerms => {
      const ends_at = length === null ? null : at(start + length);
      const starts_at = at(start);
      let change = start;
      let pauseFrom = start;
      return subscription({
        subscription_id: id(number),
        starts_at,
        ends_at,
        trial_ends_at: trial === null ? null : at(start + trial),
        // Versions differ, so that a change to the same plan is a change too.
        plans: plans.map(([terms, after], index) => {
          if (index > 0) change += after;
          return { from: at(change), plan: { ...terms, version: number * 10 + index } };
        }),
        pauses: pauses.flatMap(([after, lasts]) => {
          if (pauseFrom === Number.POSITIVE_INFINITY) return [];
          const from = pauseFrom + after;
          pauseFrom = lasts === null ? Number.POSITIVE_INFINITY : from + lasts;
          return [{ from: at(from), until: lasts === null ? null : at(from + lasts) }];
        }),
        addons: addons.map(({ from, length: lasts, ...fields }, index) =>
          addon({
            ...fields,
            addon_id: id(number * 10 + index),
            starts_at: at(start + from),
            ends_at: lasts === null ? null : at(start + from + lasts),
          }),
        ),
      });
    });

/** One subscription, or a second one after the end of the first. */
const subscriptions = fc.oneof(
  aSubscription(1, [-100, 600]).map((one) => [one]),
  fc.tuple(aSubscription(1, [-100, 200]), aSubscription(2, [201, 600]), fc.boolean()).map(([one, two, isSoon]) => {
    const ends_at = isSoon ? two.starts_at : at(200);
    return [{ ...one, ends_at: one.ends_at !== null && one.ends_at < ends_at ? one.ends_at : ends_at }, two];
  }),
);

const usage = fc.array(
  fc
    .record({
      kind: fc.constantFrom(...kinds),
      day: fc.constantFrom(...april),
      qty: decimal,
      divisor: fc.constantFrom('1', '3600'),
    })
    .map(({ kind, day, qty, divisor }) => used(kind, day, qty, divisor)),
  { maxLength: 14 },
);

const discounts = fc
  .array(
    fc.record({
      target: fc.constantFrom(
        { on: 'invoice' as const },
        { on: 'plan' as const, plan_code: 'first' },
        { on: 'kind' as const, kind: 'widgets' },
      ),
      amount: fc.oneof(
        fc.integer({ min: 1, max: 1000 }).map((tenths) => ({ percent: String(tenths / 10) })),
        fc.integer({ min: 1, max: 30_000 }).map((amount_cents) => ({ amount_cents })),
      ),
      first_period: fc.constantFrom('2026-03', '2026-04'),
    }),
    { maxLength: 4 },
  )
  .map((all) =>
    all.map(
      ({ target, amount, first_period }, index): Discount => ({
        discount_id: id(100 + index),
        number: index + 1,
        code: null,
        name: 'Any',
        last_period: null,
        first_period,
        ...target,
        ...amount,
      }),
    ),
  );

const days = fc.record({ from: aDay, until: fc.option(aDay, { nil: null, freq: 2 }) });

/** Each own price of another thing: two of the same at one time are refused. */
const overrides = fc
  .uniqueArray(
    fc.oneof(
      fc
        .record({ nth: fc.nat(2), days })
        .chain(({ nth, days: held }) =>
          cents(3 + nth).map((base_price_cents) => ({ plan_code: codes[nth] ?? '', base_price_cents, ...held })),
        ),
      fc
        .record({
          plan_code: fc.constantFrom(...codes),
          kind: fc.constant('widgets'),
          overage_price_cents: decimal,
          days,
        })
        .map(({ days: held, ...fields }) => ({ ...fields, ...held })),
    ),
    { maxLength: 3, selector: (each) => `${each.plan_code} ${'kind' in each ? each.kind : ''}` },
  )
  .map((all) =>
    all
      .filter(({ from, until }) => until === null || from < until)
      .map((each, index): PriceOverride => ({ override_id: id(200 + index), subscription_id: null, ...each })),
  );

const commitments = fc
  .array(fc.record({ amount_cents: fc.integer({ min: 1, max: 90_000 }), days }), { maxLength: 2 })
  .map((all) =>
    all.map(({ amount_cents, days: held }, index) => ({ commitment_id: id(300 + index), amount_cents, ...held })),
  );

/** The usage of each day by itself, which never spans a change of terms. */
const aMonth = fc
  .record({ subscriptions, usage, discounts, overrides, commitments })
  .map(({ overrides: price_overrides, ...fields }): RatingInput => input({ ...fields, price_overrides }));

it('rating: any month with trials, pauses, changes of plan and terms of its own comes to what a second calculation gives', () => {
  fc.assert(
    fc.property(aMonth, (month) => {
      expect(rate(month).subtotal_cents).toBe(secondSubtotal(month));
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 400) },
  );
});
