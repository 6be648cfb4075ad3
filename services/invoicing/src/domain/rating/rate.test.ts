import { daysOf } from '@arcadia/contracts';
import { describe, expect, it } from 'vitest';
import {
  addon,
  april,
  droplets,
  gst,
  input,
  item,
  kept,
  plan,
  subscription,
  used,
} from '../../../test/terms-builder.ts';
import { adjustmentLines, differences } from '../invoices/adjustments.ts';
import { type Rating, type RatingInput, rate } from './rate.ts';

const amounts = (rating: Rating, kind: string): number[] =>
  rating.lines.filter((line) => line.kind === kind).map(({ amount_cents }) => amount_cents);
const figures = ({ subtotal_cents, tax_cents, total_cents }: Rating) => [subtotal_cents, tax_cents, total_cents];

/** One kind, priced alone, so that the overage is all there is. */
const overageOf = (fields: Parameters<typeof item>[1], qty: string | number, divisor = '1'): number[] =>
  amounts(
    rate(
      input({
        subscriptions: [subscription({ plan: plan({ base_price_cents: 0, items: [item('widgets', fields)] }) })],
        usage: [used('widgets', '2026-04-03', qty, divisor)],
      }),
    ),
    'overage',
  );

describe('rating: the figures of the pilot', () => {
  it('Studio with storage_50gb and three droplets all April is 64.22, GST 6.42, in all 70.64', () => {
    const rating = rate(input({ subscriptions: [subscription({ addons: [addon()] })], usage: droplets(3, april) }));
    expect(
      rating.lines.map(({ kind, description, qty, unit, unit_price_cents, amount_cents }) => ({
        kind,
        description,
        qty,
        unit,
        unit_price_cents,
        amount_cents,
      })),
    ).toEqual([
      {
        kind: 'plan_base',
        description: 'Studio',
        qty: '1',
        unit: 'month',
        unit_price_cents: '5000',
        amount_cents: 5000,
      },
      {
        kind: 'addon',
        description: 'Addon: storage_50gb',
        qty: '1',
        unit: 'month',
        unit_price_cents: '750',
        amount_cents: 750,
      },
      {
        kind: 'overage',
        description: 'Overage droplet_hours: 2160 used, 1488 included',
        qty: '672',
        unit: 'hour',
        unit_price_cents: '1',
        amount_cents: 672,
      },
      { kind: 'tax', description: 'GST 10 %', qty: '1', unit: 'invoice', unit_price_cents: '642', amount_cents: 642 },
    ]);
    expect(figures(rating)).toEqual([6422, 642, 7064]);
  });

  it('ten days of March on Studio stay within the included quantities', () => {
    const days = daysOf('2026-03').slice(10, 20);
    const items = [
      item('droplet_hours', { included_qty: '1488' }),
      item('dns_zones', { included_qty: '10', overage_price_cents: '50' }),
      item('snapshot_gb_month', { included_qty: '50', overage_price_cents: '8' }),
    ];
    const usage = [...droplets(2, days), ...kept('dns_zones', 2, days), ...kept('snapshot_gb_month', 48, days)];
    const rating = rate(
      input({
        period: '2026-03',
        subscriptions: [subscription({ starts_at: '2026-03-01T00:00:00Z', plan: plan({ items }) })],
        usage,
      }),
    );
    expect(rating.lines.map(({ kind }) => kind)).toEqual(['plan_base', 'tax']);
    expect(rating.subtotal_cents).toBe(5000);
  });
});

describe('rating: the quantity above the included one', () => {
  it('usage above a hard cap is billed', () => {
    expect(overageOf({ included_qty: '1488', hard_cap_qty: '2000' }, 2160)).toEqual([672]);
  });
  it('usage within the included quantity makes no line', () => {
    expect(overageOf({ included_qty: '100' }, 100)).toEqual([]);
  });
});

describe('rating: rounding', () => {
  it('an amount is computed from the exact quantity: 20/31 of a zone at 0.50 is 0.32', () => {
    expect(overageOf({ overage_price_cents: '50' }, 20, '31')).toEqual([32]);
  });
  it('each line is rounded half up before it is summed', () => {
    const kinds = (count: number, price: string) => {
      const names = Array.from({ length: count }, (_, index) => `kind_${index}`);
      const items = names.map((name) => item(name, { overage_price_cents: price }));
      return rate(
        input({
          subscriptions: [subscription({ plan: plan({ base_price_cents: 0, items }) })],
          usage: names.map((name) => used(name, '2026-04-01', 1)),
        }),
      ).subtotal_cents;
    };
    expect(kinds(3, '1000.4')).toBe(3000);
    expect(kinds(8, '12.5')).toBe(104);
  });
  it('an exact half of a third is rounded as a half: no digit is lost before', () => {
    // 1/3 of a unit at 1.5 cents is exactly half a cent.
    expect(overageOf({ overage_price_cents: '1.5' }, 1, '3')).toEqual([1]);
  });
});

describe('rating: a part of a month under proration none', () => {
  it('one subscribed day pays the whole month with the whole included quantity', () => {
    const one = subscription({ starts_at: '2026-04-30T12:00:00Z' });
    expect(figures(rate(input({ subscriptions: [one], usage: droplets(3, ['2026-04-30']) })))).toEqual([
      5000, 500, 5500,
    ]);
  });
  it('the version in force at the end of the month counts: 30 to 90 on the 16th is 90.00', () => {
    const changed = subscription({
      plans: [
        { from: '2026-04-01T00:00:00Z', plan: plan({ code: 'a', base_price_cents: 3000 }) },
        { from: '2026-04-16T00:00:00Z', plan: plan({ code: 'b', base_price_cents: 9000 }) },
      ],
    });
    expect(amounts(rate(input({ subscriptions: [changed] })), 'plan_base')).toEqual([9000]);
  });
  it('subscribing again charges no second base and no second addon', () => {
    const first = subscription({ ends_at: '2026-04-10T08:00:00Z', addons: [addon()] });
    const second = subscription({
      subscription_id: '00000000-0000-8000-8000-00000000000b',
      starts_at: '2026-04-20T00:00:00Z',
      addons: [addon({ addon_id: '00000000-0000-8000-8000-000000000002', starts_at: '2026-04-20T00:00:00Z' })],
    });
    const rating = rate(input({ subscriptions: [first, second] }));
    expect([amounts(rating, 'plan_base'), amounts(rating, 'addon')]).toEqual([[5000], [750]]);
  });
  it('an addon attached twice at the same time is paid twice', () => {
    const twice = subscription({ addons: [addon(), addon({ addon_id: '00000000-0000-8000-8000-000000000002' })] });
    expect(amounts(rate(input({ subscriptions: [twice] })), 'addon')).toEqual([750, 750]);
  });
});

const daily = (fields: Parameters<typeof plan>[0] = {}) => plan({ proration: 'daily', ...fields });

describe('rating: a part of a month under proration daily', () => {
  it('30 to 90 on 16 April is 15.00 + 45.00', () => {
    const changed = subscription({
      plans: [
        { from: '2026-04-01T00:00:00Z', plan: daily({ code: 'a', base_price_cents: 3000 }) },
        { from: '2026-04-16T09:30:00Z', plan: daily({ code: 'b', base_price_cents: 9000 }) },
      ],
    });
    expect(amounts(rate(input({ subscriptions: [changed] })), 'plan_base')).toEqual([1500, 4500]);
  });
  it('included quantities are prorated too and count per segment', () => {
    const hours = (included: string) => [item('droplet_hours', { included_qty: included, overage_price_cents: '2' })];
    const changed = subscription({
      plans: [
        { from: '2026-04-01T00:00:00Z', plan: daily({ code: 'a', items: hours('720') }) },
        { from: '2026-04-16T00:00:00Z', plan: daily({ code: 'b', items: hours('1440') }) },
      ],
    });
    const usage = [used('droplet_hours', '2026-04-05', 100), used('droplet_hours', '2026-04-20', 900)];
    expect(amounts(rate(input({ subscriptions: [changed], usage })), 'overage')).toEqual([360]);
  });
  it('ten of thirty days paused cost 33.33 of 50.00, and usage during the pause has the overage price', () => {
    const paused = subscription({
      plan: daily(),
      pauses: [{ from: '2026-04-11T00:00:00Z', until: '2026-04-21T00:00:00Z' }],
    });
    const rating = rate(input({ subscriptions: [paused], usage: droplets(1, april) }));
    expect(amounts(rating, 'plan_base').reduce((a, b) => a + b, 0)).toBe(3333);
    expect(amounts(rating, 'overage')).toEqual([240]);
  });
  it('the day of a pause and the day of its end are both paid', () => {
    const paused = subscription({
      plan: daily({ base_price_cents: 3000 }),
      pauses: [{ from: '2026-04-11T12:00:00Z', until: '2026-04-20T12:00:00Z' }],
    });
    expect(amounts(rate(input({ subscriptions: [paused] })), 'plan_base')).toEqual([1100, 1100]);
  });
  it('the parts of one price add up to it: 10.00 in three is 10.00', () => {
    const versions = ['2026-04-01', '2026-04-11', '2026-04-21'].map((day, index) => ({
      from: `${day}T00:00:00Z`,
      plan: daily({ version: index + 1, base_price_cents: 1000 }),
    }));
    expect(amounts(rate(input({ subscriptions: [subscription({ plans: versions })] })), 'plan_base')).toEqual([
      334, 333, 333,
    ]);
  });
  it('ending on the 10th pays ten days, at any time of that day', () => {
    for (const ends_at of ['2026-04-10T00:00:01Z', '2026-04-10T23:00:00Z', '2026-04-11T00:00:00Z']) {
      const rating = rate(
        input({ subscriptions: [subscription({ ends_at, plan: daily({ base_price_cents: 3000 }) })] }),
      );
      expect(figures(rating)).toEqual([1000, 100, 1100]);
    }
  });
  it('an addon is paid, and includes, for the days it was attached', () => {
    const items = [item('spaces_gb_month', { included_qty: '0', overage_price_cents: '3' })];
    const late = subscription({ plan: daily({ items }), addons: [addon({ starts_at: '2026-04-16T00:00:00Z' })] });
    const rating = rate(input({ subscriptions: [late], usage: kept('spaces_gb_month', 100, april) }));
    expect(amounts(rating, 'addon')).toEqual([375]);
    expect(amounts(rating, 'overage')).toEqual([225]);
  });
});

describe('rating: a trial until the 10th, and a new subscription from the 20th', () => {
  const first = (terms: ReturnType<typeof plan>) =>
    subscription({ plan: terms, trial_ends_at: '2026-04-15T00:00:00Z', ends_at: '2026-04-10T12:00:00Z' });
  const second = (terms: ReturnType<typeof plan>) =>
    subscription({
      plan: terms,
      subscription_id: '00000000-0000-8000-8000-00000000000b',
      starts_at: '2026-04-20T00:00:00Z',
    });
  const rating = (terms: ReturnType<typeof plan>) =>
    rate(input({ subscriptions: [first(terms), second(terms)], usage: droplets(3, april) }));

  it('proration none: one base, the whole included quantity, and only the usage since the 20th', () => {
    // 11 days of 72 hours are 792, within 1488.
    expect(figures(rating(plan()))).toEqual([5000, 500, 5500]);
  });
  it('proration daily: eleven of thirty days, 545.6 hours included, 246.4 over', () => {
    expect(amounts(rating(daily()), 'plan_base')).toEqual([1833]);
    expect(amounts(rating(daily()), 'overage')).toEqual([246]);
  });
  it('usage in the gap is listed as without subscription, usage in the trial as trial', () => {
    expect(rating(plan()).unrated.map(({ reason, kind, qty }) => ({ reason, kind, qty }))).toEqual([
      { reason: 'trial', kind: 'droplet_hours', qty: '720' },
      { reason: 'no_subscription', kind: 'droplet_hours', qty: '648' },
    ]);
  });
  it('a month within the trial has no lines at all', () => {
    const free = subscription({ trial_ends_at: '2026-05-01T00:00:00Z', addons: [addon()] });
    expect(rate(input({ subscriptions: [free], usage: droplets(9, april) })).lines).toEqual([]);
  });
});

describe('rating: fallback prices', () => {
  const volumes = (fallback_prices: RatingInput['fallback_prices']) =>
    rate(input({ fallback_prices, usage: kept('volume_gb_month', 100, april) }));

  it('a fallback price applies where the plan does not price a kind', () => {
    expect(
      amounts(
        volumes([{ kind: 'volume_gb_month', valid_from: '2000-01-01', unit_price_cents: '15', overage_unit: '1' }]),
        'overage',
      ),
    ).toEqual([1500]);
  });
  it('a fallback price changes on its day: the month costs the sum of its parts', () => {
    const prices = ['2000-01-01', '2026-04-16'].map((valid_from, index) => ({
      kind: 'volume_gb_month',
      valid_from,
      unit_price_cents: String(15 * (index + 1)),
      overage_unit: '1',
    }));
    expect(amounts(volumes(prices), 'overage')).toEqual([750, 1500]);
  });
  it('usage of a kind without a price is listed and does not stop the rating', () => {
    const rating = volumes([]);
    expect(rating.unrated.map(({ kind, reason, qty }) => ({ kind, reason, qty }))).toEqual([
      { kind: 'volume_gb_month', reason: 'no_price', qty: '100' },
    ]);
    expect(rating.subtotal_cents).toBe(5000);
  });
});

describe('rating: tax', () => {
  it('tax is computed once, on the subtotal', () => {
    const rating = rate(input({ subscriptions: [subscription({ plan: plan({ base_price_cents: 5 }) })], tax: gst }));
    expect(figures(rating)).toEqual([5, 1, 6]);
  });
  it.each([
    ['half_up', 1],
    ['half_even', 0],
    ['down', 0],
  ] as const)('half a cent, %s: %i', (rounding, cents) => {
    expect(
      rate(input({ subscriptions: [subscription({ plan: plan({ base_price_cents: 5 }) })], tax: { ...gst, rounding } }))
        .tax_cents,
    ).toBe(cents);
  });
  it('tax is a part of inclusive prices', () => {
    const rating = rate(
      input({
        subscriptions: [subscription({ plan: plan({ base_price_cents: 1100 }) })],
        tax: { ...gst, is_inclusive: true },
      }),
    );
    expect(figures(rating)).toEqual([1100, 100, 1100]);
  });
});

describe('rating: adjustments', () => {
  const api = (qty: number) =>
    rate(
      input({
        subscriptions: [
          subscription({
            plan: plan({ items: [item('api_calls', { included_qty: '100', overage_price_cents: '10' })] }),
          }),
        ],
        usage: [used('api_calls', '2026-04-10', qty)],
      }),
    );

  it('30 known late on 90 with 100 included at .10 are 2.00, labelled with their month', () => {
    const lines = adjustmentLines(
      '2026-04',
      differences(
        api(90).lines.filter(({ kind }) => kind !== 'tax'),
        api(120).lines,
      ),
    );
    expect(lines.map(({ kind, amount_cents, description }) => ({ kind, amount_cents, description }))).toEqual([
      {
        kind: 'adjustment',
        amount_cents: 200,
        description: 'Adjustment for 2026-04: Overage api_calls: 120 used, 100 included',
      },
    ]);
  });
  it('adjustments are differences of displayed amounts: 10.004 to 10.008 is 0.01', () => {
    const tiny = (price: string) =>
      rate(
        input({
          subscriptions: [subscription({ plan: plan({ items: [item('api_calls', { overage_price_cents: price })] }) })],
          usage: [used('api_calls', '2026-04-10', 1)],
        }),
      ).lines.filter(({ kind }) => kind !== 'tax');
    expect(
      differences(tiny('1000.4'), tiny('1000.8')).map(({ old_cents, new_cents }) => new_cents - old_cents),
    ).toEqual([1]);
  });
});

describe('rating: currencies', () => {
  it.each(['JPY', 'BIF', 'KWD', 'LYD'])('rating: %s is counted in its own minor units', (currency) => {
    const rating = rate(
      input({ currency, subscriptions: [subscription({ plan: plan({ currency, base_price_cents: 1234 }) })] }),
    );
    expect(figures(rating)).toEqual([1234, 123, 1357]);
  });
});

describe('rating: an amount too large to be exact', () => {
  const most = Number.MAX_SAFE_INTEGER;

  it('a line that is too large throws, naming the line', () => {
    expect(() => overageOf({}, '9'.repeat(30))).toThrow(
      `Overage widgets: ${'9'.repeat(30)} used, 0 included comes to ${'9'.repeat(30)} minor units`,
    );
    const seats = addon({ price_cents: most, quantity: 2 });
    expect(() => rate(input({ subscriptions: [subscription({ addons: [seats] })] }))).toThrow('Addon: storage_50gb');
  });

  it('a sum that is too large throws too', () => {
    const monthOf = (base_price_cents: number, addons = [addon({ price_cents: most })]) =>
      rate(input({ subscriptions: [subscription({ plan: plan({ base_price_cents }), addons })] }));
    expect(() => monthOf(1)).toThrow('The subtotal comes to');
    expect(() => monthOf(most, [])).toThrow('The total comes to');
  });
});
