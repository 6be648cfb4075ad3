import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMonthWithTerms } from '../../../test/any-terms.ts';
import {
  droplets,
  gst,
  input,
  item,
  plan,
  subscription,
  april as thirtyDays,
  used,
} from '../../../test/terms-builder.ts';
import { adjustmentLines, differences } from '../invoices/adjustments.ts';
import { type RatingInput, rate, usageCuts } from './rate.ts';
import { taxOn } from './tax.ts';
import type { Discount, PriceOverride } from './terms.ts';

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 150) };
const discount = (fields: Partial<Discount>): Discount => ({
  discount_id: '00000000-0000-8000-8000-000000000001',
  number: 1,
  code: null,
  name: 'Offer',
  on: 'invoice',
  first_period: '2026-01',
  last_period: null,
  ...fields,
});
const override = (fields: Partial<PriceOverride>): PriceOverride => ({
  override_id: '00000000-0000-8000-8000-000000000101',
  plan_code: 'studio',
  subscription_id: null,
  from: '2026-01-01',
  until: null,
  ...fields,
});
const commitment = (amount_cents: number, from = '2026-01-01', until: string | null = null) => ({
  commitment_id: `00000000-0000-8000-8000-${from.replaceAll('-', '').padStart(12, '0')}`,
  amount_cents,
  from,
  until,
});

/** Studio with three droplets all April: 50.00 and 6.72. */
const month = (fields: Partial<RatingInput> = {}) => rate(input({ usage: droplets(3, thirtyDays), ...fields }));
const shown = (rating: ReturnType<typeof rate>) => rating.lines.map(({ kind, amount_cents }) => [kind, amount_cents]);

describe('rating: the order of a tenant’s own terms', () => {
  it('own prices come first, then discounts on a plan or a kind, then those on the invoice, then the minimum, then tax', () => {
    const rating = month({
      price_overrides: [override({ base_price_cents: 4000 })],
      discounts: [
        discount({ discount_id: '00000000-0000-8000-8000-000000000003', on: 'invoice', amount_cents: 100 }),
        discount({ discount_id: '00000000-0000-8000-8000-000000000004', on: 'invoice', percent: '10' }),
        discount({
          discount_id: '00000000-0000-8000-8000-000000000001',
          on: 'plan',
          plan_code: 'studio',
          percent: '50',
        }),
        discount({
          discount_id: '00000000-0000-8000-8000-000000000002',
          on: 'kind',
          kind: 'droplet_hours',
          amount_cents: 172,
        }),
      ],
      commitments: [commitment(3000)],
    });
    // 40.00 and 6.72; 20.00 and 1.72 off; 10 % of 25.00, 1.00 off; 21.50 against a minimum of 30.00; tax on 30.00.
    expect(shown(rating)).toEqual([
      ['plan_base', 4000],
      ['overage', 672],
      ['discount', -2000],
      ['discount', -172],
      ['discount', -250],
      ['discount', -100],
      ['commitment', 850],
      ['tax', 300],
    ]);
    expect(rating.total_cents).toBe(3300);
    expect(rating.lines.map(({ meta }) => meta.explanation).filter(Boolean)).toEqual([
      'Own price of $40.00 instead of $50.00',
      '50 % of $40.00 (the base price of studio, less earlier discounts) is $20.00',
      '$1.72 off $6.72 (the usage of droplet_hours, less earlier discounts)',
      '10 % of $25.00 (the charges of the month, less earlier discounts) is $2.50',
      '$1.00 off $22.50 (the charges of the month, less earlier discounts)',
      'A minimum of $30.00 is agreed; the charges of the month less discounts come to $21.50, so $8.50 are added',
    ]);
  });

  it('an amount is never more than what is left, and a second percentage is taken from the rest', () => {
    const of = (discounts: Discount[]) => shown(month({ discounts })).filter(([kind]) => kind === 'discount');
    expect(of([discount({ on: 'plan', plan_code: 'studio', amount_cents: 9999 })])).toEqual([['discount', -5000]]);
    const half = (number: number) =>
      discount({ discount_id: `00000000-0000-8000-8000-00000000000${number}`, number, percent: '50' });
    expect(of([half(1), half(2)])).toEqual([
      ['discount', -2836],
      ['discount', -1418],
    ]);
  });

  it('adjustments and lines added by hand are neither discounted nor counted towards the minimum', () => {
    const manual = {
      ...month().lines[0],
      key: 'manual/1',
      kind: 'manual' as const,
      amount_cents: 1000,
    } as ReturnType<typeof rate>['lines'][number];
    const rating = month({
      discounts: [discount({ percent: '50' })],
      commitments: [commitment(3000)],
      other_lines: [manual],
    });
    expect(shown(rating)).toEqual([
      ['plan_base', 5000],
      ['overage', 672],
      ['discount', -2836],
      ['commitment', 164],
      ['manual', 1000],
      ['tax', 400],
    ]);
  });
});

describe('rating: a tenant’s own prices', () => {
  it('an own price begins and ends as a change of plan does: by days under daily, the last one under none', () => {
    const half = [override({ base_price_cents: 3000, from: '2026-04-16' })];
    const daily = subscription({ plan: plan({ base_price_cents: 9000, proration: 'daily', items: [] }) });
    expect(shown(rate(input({ subscriptions: [daily], price_overrides: half })))).toEqual([
      ['plan_base', 4500],
      ['plan_base', 1500],
      ['tax', 600],
    ]);
    const none = subscription({ plan: plan({ base_price_cents: 9000, items: [] }) });
    expect(shown(rate(input({ subscriptions: [none], price_overrides: half })))[0]).toEqual(['plan_base', 3000]);
    const ended = [override({ base_price_cents: 3000, until: '2026-04-16' })];
    expect(shown(rate(input({ subscriptions: [none], price_overrides: ended })))[0]).toEqual(['plan_base', 9000]);
  });

  it('a unit price replaces that of the item, or prices a kind that the plan does not price', () => {
    const of = (fields: Partial<PriceOverride>) =>
      rate(
        input({
          usage: [...droplets(3, thirtyDays), used('bandwidth_gb', '2026-04-03', 100)],
          price_overrides: [override(fields)],
        }),
      ).lines.filter(({ kind }) => kind === 'overage');
    const [hours] = of({ kind: 'droplet_hours', overage_price_cents: '0.5' });
    expect([hours?.amount_cents, hours?.meta.explanation]).toEqual([336, 'Own price of $0.005 instead of $0.01']);
    const traffic = of({ kind: 'bandwidth_gb', overage_price_cents: '2' }).find(
      (line) => line.resource_kind === 'bandwidth_gb',
    );
    expect([traffic?.amount_cents, traffic?.meta.explanation]).toEqual([
      200,
      'Own price of $0.02 instead of the usual price',
    ]);
  });

  it('a price of one subscription holds before that of all, and for no other subscription', () => {
    const own = subscription();
    const prices = [
      override({ base_price_cents: 4000 }),
      override({
        override_id: '00000000-0000-8000-8000-000000000100',
        subscription_id: own.subscription_id,
        base_price_cents: 1000,
      }),
    ];
    expect(shown(rate(input({ price_overrides: prices })))[0]).toEqual(['plan_base', 1000]);
    const other = prices.map((one) =>
      one.subscription_id === null ? one : { ...one, subscription_id: '00000000-0000-8000-8000-0000000000ff' },
    );
    expect(shown(rate(input({ price_overrides: other })))[0]).toEqual(['plan_base', 4000]);
  });

  it('usage that spans the day on which an own price begins must be given in parts', () => {
    const items = [item('droplet_hours', { included_qty: '720', overage_price_cents: '1' })];
    const daily = subscription({ plan: plan({ proration: 'daily', items }) });
    const price_overrides = [override({ kind: 'droplet_hours', overage_price_cents: '2', from: '2026-04-16' })];
    const given = input({ subscriptions: [daily], price_overrides });
    expect(usageCuts(given, { subscriptions: [daily] })).toEqual(['2026-04-01', '2026-04-16']);
    const overage = rate({
      ...given,
      deployments: given.deployments.map((one) => ({ ...one, usage: droplets(2, thirtyDays) })),
    });
    // 360 of 720 hours are included in each half.
    expect(shown(overage).slice(0, 4)).toEqual([
      ['plan_base', 2500],
      ['plan_base', 2500],
      ['overage', 360],
      ['overage', 720],
    ]);
  });
});

describe('rating: a minimum commitment', () => {
  it('counts by its days; several in one month add up, and are rounded once', () => {
    const parts = [commitment(10_000, '2026-03-01', '2026-04-11'), commitment(20_000, '2026-04-21')];
    const rating = rate(input({ subscriptions: [], commitments: parts }));
    expect(shown(rating)).toEqual([
      ['commitment', 10_000],
      ['tax', 1000],
    ]);
    expect(rating.lines[0]?.meta.explanation).toBe(
      'A minimum of $100.00 for 10 of 30 days and $200.00 for 10 of 30 days, $100.00 is agreed; the charges of the month less discounts come to $0.00, so $100.00 are added',
    );
    expect(shown(month({ commitments: [commitment(5672)] })).some(([kind]) => kind === 'commitment')).toBe(false);
  });
});

describe('rating: properties of any month with terms of the tenant’s own', () => {
  it('is never below zero, adds up, reaches its minimum, and taxes what is left', () => {
    fc.assert(
      fc.property(aMonthWithTerms, (given) => {
        const { lines, subtotal_cents, tax_cents } = rate(given);
        const own = lines.filter(({ kind }) => kind !== 'tax');
        const of = (...kinds: string[]) =>
          own.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { amount_cents }) => sum + amount_cents, 0);
        expect(subtotal_cents).toBe(own.reduce((sum, { amount_cents }) => sum + amount_cents, 0));
        // The provider's bill may have credits that are passed through; discounts take nothing from what is below zero.
        const charges = of('plan_base', 'addon', 'overage');
        expect(charges + of('discount')).toBeGreaterThanOrEqual(Math.min(0, charges));
        expect(subtotal_cents).toBeGreaterThanOrEqual(Math.min(0, charges));
        expect(tax_cents).toBe(taxOn(subtotal_cents, gst));
        const minimum = own.find(({ kind }) => kind === 'commitment');
        expect(minimum === undefined || minimum.meta.required_cents === subtotal_cents).toBe(true);
        expect(own.filter(({ kind, amount_cents }) => kind === 'discount' && amount_cents >= 0)).toEqual([]);
      }),
      runs,
    );
  });

  it('does not depend on the order of terms or usage', () => {
    fc.assert(
      fc.property(aMonthWithTerms, (given) => {
        const turned: RatingInput = {
          ...given,
          ...(given.discounts === undefined ? {} : { discounts: given.discounts.toReversed() }),
          ...(given.price_overrides === undefined ? {} : { price_overrides: given.price_overrides.toReversed() }),
          ...(given.commitments === undefined ? {} : { commitments: given.commitments.toReversed() }),
          deployments: given.deployments.map((one) => ({ ...one, usage: one.usage.toReversed() })),
        };
        const [straight, reversed] = [rate(given), rate(turned)];
        expect(reversed.total_cents).toBe(straight.total_cents);
        expect(reversed.lines.filter(({ kind }) => kind !== 'overage')).toEqual(
          straight.lines.filter(({ kind }) => kind !== 'overage'),
        );
      }),
      runs,
    );
  });

  it('late facts are adjusted to what they cost in time, discounts and minimum included', () => {
    fc.assert(
      fc.property(aMonthWithTerms, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (given, isLate) => {
        const early = rate({
          ...given,
          deployments: given.deployments.map((one) => ({
            ...one,
            usage: one.usage.filter((_, index) => isLate[index] !== true),
          })),
        });
        const billed = early.lines.filter(({ kind }) => kind !== 'tax');
        const whole = rate(given);
        const adjusted = adjustmentLines('2026-04', differences(billed, whole.lines));
        const sum = [...billed, ...adjusted].reduce((total, { amount_cents }) => total + amount_cents, 0);
        expect(sum).toBe(whole.subtotal_cents);
      }),
      runs,
    );
  });
});
