import { daysOf, invoicing } from '@arcadia/contracts';
import fc from 'fast-check';
import { chargeModels } from '../src/domain/rating/charge-models/registry.ts';
import type { SubscriptionTerms, UsageSum } from '../src/domain/rating/terms.ts';
import { addon, bill, billed, input, item, plan, subscription, used } from './terms-builder.ts';

export const april = daysOf('2026-04');
const kinds = ['api_calls', 'widgets', 'gadgets'] as const;

export const decimal = fc
  .tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 999 }))
  .map(([whole, part]) => `${whole}.${String(part).padStart(3, '0')}`);
const positive = fc.integer({ min: 1, max: 1000 }).map(String);

const tiers = fc
  .tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }), decimal, decimal, decimal)
  .map(([first, more, a, b, c]) => [
    { up_to: String(first), unit_price_cents: a },
    { up_to: String(first + more), unit_price_cents: b },
    { up_to: null, unit_price_cents: c },
  ]);

const model = fc.constantFrom(...invoicing.chargeModel.options);

/** From -20 to 40 per cent. */
const markUpOf = (drawn: readonly unknown[]): string => String((JSON.stringify(drawn).length % 61) - 20);

const names = ['g-*', 'g-1', 's-2'];
const sizeOf = ({ unit_price_cents }: { unit_price_cents: string }, index: number) => ({
  dimension: names[index] ?? '*',
  unit_price_cents,
});

/** An item of any model of the contract: with one price if the model accepts it, otherwise with tiers. */
const anItem = (kind: string) =>
  fc
    .record({ charge_model: model, included_qty: decimal, overage_unit: positive, overage_price_cents: decimal, tiers })
    .map(({ tiers: drawn, ...fields }) => {
      const priced = item(kind, fields);
      if (chargeModels[fields.charge_model].faultsOf(priced).length === 0) return priced;
      if (fields.charge_model === 'cost_plus' || fields.charge_model === 'pass_through')
        return { ...priced, mark_up_percent: markUpOf(drawn) };
      if (fields.charge_model === 'by_size') return { ...priced, sizes: drawn.map(sizeOf) };
      return item(kind, { ...fields, overage_price_cents: null, tiers: drawn });
    });

/** Further items, each for one size or for those that begin alike. */
const sizedItems = fc.uniqueArray(
  fc
    .tuple(anItem('widgets'), fc.constantFrom('g-*', 'g-1', 's-*', 's-2'))
    .map(([priced, dimension]) => ({ ...priced, dimension })),
  { maxLength: 3, selector: ({ dimension }) => dimension },
);

const aPlan = fc
  .record({
    base_price_cents: fc.integer({ min: 0, max: 20_000 }),
    proration: fc.constantFrom('none' as const, 'daily' as const),
    items: fc.tuple(...kinds.map(anItem)),
    sized: sizedItems,
  })
  .map(({ items, sized, ...fields }) => ({ ...fields, items: [...items, ...sized] }));

const instantIn = (from: number, to: number) =>
  fc
    .integer({ min: from, max: to })
    .map((hour) => Temporal.Instant.from('2026-04-01T00:00:00Z').add({ hours: hour }).toString());
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 2 });

const aSubscription: fc.Arbitrary<SubscriptionTerms> = fc
  .record({
    first: aPlan,
    second: aPlan,
    starts: instantIn(-100, 500),
    change: optional(instantIn(501, 719)),
    ends: optional(instantIn(505, 760)),
    trial: optional(instantIn(0, 700)),
    pause: optional(fc.tuple(instantIn(501, 600), instantIn(601, 719))),
    attached: optional(instantIn(501, 719)),
  })
  .map(({ first, second, starts, change, ends, trial, pause, attached }) =>
    subscription({
      starts_at: starts,
      ends_at: ends,
      trial_ends_at: trial,
      plans: [
        { from: starts, plan: plan({ ...first, code: 'first' }) },
        ...(change === null
          ? []
          : [{ from: change, plan: plan({ ...second, code: 'second', proration: first.proration }) }]),
      ],
      pauses: pause === null ? [] : [{ from: pause[0], until: pause[1] }],
      addons: attached === null ? [] : [addon({ kind: 'widgets', starts_at: attached })],
    }),
  );

const someUsage: fc.Arbitrary<UsageSum[]> = fc.array(
  fc
    .record({
      kind: fc.constantFrom(...kinds),
      day: fc.constantFrom(...april),
      qty: decimal,
      divisor: fc.constantFrom('1', '3600', '2592000'),
      dimension: fc.option(fc.constantFrom('g-1', 'g-2', 's-1', 's-2'), { nil: null, freq: 2 }),
      resource_id: fc.option(fc.constantFrom('a', 'b'), { nil: null, freq: 2 }),
    })
    .map(({ kind, day, qty, divisor, dimension, resource_id }) => ({
      ...used(kind, day, qty, divisor),
      ...(dimension === null ? {} : { dimension }),
      ...(resource_id === null ? {} : { resource_id }),
    })),
  { maxLength: 12 },
);

const dollars = (kind: string, unit_price: string, dimension?: string) => ({
  kind,
  ...(dimension === undefined ? {} : { dimension }),
  valid_from: '2026-01-01',
  currency: 'USD',
  unit_price,
});

const list_prices = [
  dollars('api_calls', '0.013'),
  dollars('gadgets', '0.07'),
  dollars('widgets', '0.11', 'g-1'),
  dollars('widgets', '0.017'),
];
const rates = [{ period: '2026-04', from: 'USD', to: 'AUD', rate: '1.5237' }];

/** Shares of lines of a bill, some of them refunds. */
const someBilled = fc.array(
  fc
    .record({
      kind: fc.constantFrom(...kinds),
      amount: fc.integer({ min: -500, max: 100_000 }),
      days: fc.tuple(fc.integer({ min: 0, max: 29 }), fc.integer({ min: 0, max: 29 })),
      line_no: fc.integer({ min: 1, max: 5 }),
    })
    .map(({ kind, amount, days: [a, b], line_no }) =>
      billed(kind, amount, {
        line_no,
        from: april[Math.min(a, b)] ?? '',
        until: april[Math.max(a, b) + 1] ?? '2026-05-01',
      }),
    ),
  { maxLength: 6 },
);

/** Any April of one deployment: plans of every charge model, changes, pauses, trials, addons, usage with and without sizes, and a bill. */
export const aMonth = fc
  .record({
    subscriptions: fc.tuple(aSubscription).map(([one]) => [one]),
    usage: someUsage,
    billed: someBilled,
    state: fc.constantFrom('known', 'awaited', 'estimated'),
  })
  .map(({ state, ...fields }) =>
    input({
      ...fields,
      billed: state === 'known' ? fields.billed : [],
      bills: state === 'known' ? [bill] : [],
      ...(state === 'estimated' ? { is_estimate: true } : {}),
      list_prices,
      rates,
    }),
  );
