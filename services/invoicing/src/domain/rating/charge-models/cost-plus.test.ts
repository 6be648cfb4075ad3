import { describe, expect, it } from 'vitest';
import { april, input, item, plan, subscription, used } from '../../../../test/terms-builder.ts';
import { fraction, toText } from '../fraction.ts';
import { listPricesFor } from '../provider-cost.ts';
import { type Rating, type RatingInput, rate } from '../rate.ts';
import type { ListPrice, PriceItem, UsageSum } from '../terms.ts';
import { costPlus } from './cost-plus.ts';

const priced = item('droplet_hours', { charge_model: 'cost_plus', overage_price_cents: null, mark_up_percent: '20' });
const monthly = (dimension: string, price_monthly: string, valid_from = '2026-01-01'): ListPrice => ({
  kind: 'droplet_hours',
  dimension,
  valid_from,
  currency: 'USD',
  price_monthly,
});
const rates = [{ period: '2026-04', from: 'USD', to: 'AUD', rate: '1.5' }];

/** Seconds of one droplet on days of April. */
const ran = (dimension: string, resource_id: string, seconds: number, days: readonly string[]): UsageSum[] =>
  days.map((day) => ({
    ...used('droplet_hours', day, seconds, '3600'),
    dimension,
    resource_id,
    running_seconds: String(seconds),
  }));

const on = (items: PriceItem[], usage: UsageSum[], fields: Partial<RatingInput> = {}): Rating =>
  rate(
    input({
      subscriptions: [subscription({ plan: plan({ base_price_cents: 0, items }) })],
      usage,
      list_prices: [monthly('s-1', '6'), monthly('g-1', '67.2')],
      rates,
      ...fields,
    }),
  );
const overage = ({ lines }: Rating) => lines.filter(({ kind }) => kind === 'overage');
const amounts = (rating: Rating): number[] => overage(rating).map(({ amount_cents }) => amount_cents);
const day = 86_400;

describe('cost plus: the rules of the provider', () => {
  it('a droplet that runs all month costs the monthly price: 672 of 720 hours are charged', () => {
    const [line] = overage(on([priced], ran('s-1', 'a', day, april)));
    expect(line).toMatchObject({
      description: 'Overage droplet_hours s-1: 720 used, 0 included, list price 6 USD at 1.5 (2026-04) plus 20 %',
      qty: '720',
      unit_price_cents: '1.5',
      amount_cents: 1080,
    });
    expect(line?.meta).toMatchObject({
      charge_model: 'cost_plus',
      cost: [
        {
          amount: '6',
          billed_qty: '672',
          currency: 'USD',
          list_prices: [{ price_monthly: '6', valid_from: '2026-01-01' }],
          mark_up_percent: '20',
          rate: { period: '2026-04', rate: '1.5' },
        },
      ],
      dimensions: ['s-1'],
    });
  });

  it.each([
    ['half of the capped time costs half', ran('s-1', 'a', day, april.slice(0, 14)), 540],
    [
      'half a minute is charged as a minute, and at least one cent of the provider',
      ran('g-1', 'a', 30, ['2026-04-03']),
      2,
    ],
    ['each droplet has its own cap', [...ran('s-1', 'a', day, april), ...ran('s-1', 'b', day, april)], 2160],
    [
      'each size of a resized droplet is charged by itself',
      [...ran('s-1', 'a', day, april.slice(0, 14)), ...ran('g-1', 'a', day, april.slice(14, 28))],
      540 + 6048,
    ],
  ])('%s', (_, usage, cents) => {
    expect(amounts(on([priced], usage)).reduce((sum, one) => sum + one, 0)).toBe(cents);
  });

  it('a minute costs at least its price where that is more than one cent', () => {
    const list_prices = [monthly('g-8', '67200')];
    const usage = ran('g-8', 'a', 30, ['2026-04-03']);
    // 100 USD an hour: a minute is 1.6667 USD, 2.50 AUD, 3.00 with the mark-up.
    expect(amounts(on([priced], usage, { list_prices }))).toEqual([300]);
  });

  it('a database is charged for at least an hour, a load balancer for at least a minute', () => {
    const kinds = ['database_node_hours', 'load_balancer_hours'];
    const list_prices = kinds.map((kind) => ({ ...monthly('s-1', '672'), kind }));
    const ofKind = (kind: string) =>
      amounts(
        on(
          [{ ...priced, kind }],
          ran('s-1', 'a', 120, ['2026-04-03']).map((row) => ({ ...row, kind })),
          { list_prices },
        ),
      );
    // An hour of 1 USD, and two minutes of it, by 1.5 and 1.2.
    expect(kinds.map(ofKind)).toEqual([[180], [6]]);
  });

  it('nodes of one resource are each capped', () => {
    const nodes = { ...used('load_balancer_hours', '2026-04-01', 3 * 30 * day, '3600'), until: '2026-05-01' };
    const usage = [{ ...nodes, resource_id: 'lb', running_seconds: String(30 * day) }];
    const list_prices = [
      { kind: 'load_balancer_hours', valid_from: '2026-01-01', currency: 'USD', price_monthly: '12' },
    ];
    expect(amounts(on([{ ...priced, kind: 'load_balancer_hours' }], usage, { list_prices }))).toEqual([6480]);
  });
});

describe('cost plus: the backups of a droplet', () => {
  const kind = 'droplet_backup_hours';
  const backups = { ...priced, kind };
  const backedUp = (...given: Parameters<typeof ran>) => ran(...given).map((row) => ({ ...row, kind }));
  const prices = [monthly('s-1', '6'), monthly('g-1', '67.2')];
  const ratingOf = (
    usage: UsageSum[],
    known = prices,
    items: PriceItem[] = [backups],
    fields: Partial<RatingInput> = {},
  ) => on(items, usage, { list_prices: listPricesFor(known, usage, '2026-04'), ...fields });

  it('cost a share of its price by their plan, for the time during which they are on, with its cap and its minimum', () => {
    const usage = [
      ...backedUp('weekly s-1', 'a', day, april),
      ...backedUp('daily g-1', 'a', day, april.slice(0, 14)),
      ...backedUp('daily g-1', 'b', 30, ['2026-04-03']),
    ];
    // 20 and 10.08 USD a month (20 and 30 %): a whole month and half of one, and a cent for half a minute; by 1.5 and 1.2.
    expect(overage(ratingOf(usage)).map(({ amount_cents, description }) => [amount_cents, description])).toEqual([
      [
        1816,
        "Overage droplet_backup_hours daily g-1: 336.0083 used, 0 included, list price 10.09 USD as 30 % of the droplet's price at 1.5 (2026-04) plus 20 %",
      ],
      [
        216,
        "Overage droplet_backup_hours weekly s-1: 720 used, 0 included, list price 1.2 USD as 20 % of the droplet's price at 1.5 (2026-04) plus 20 %",
      ],
    ]);
    expect(overage(ratingOf(usage))[1]?.meta['cost']).toMatchObject([
      { billed_qty: '672', list_prices: [{ price_monthly: '1.2', share_percent: '20', valid_from: '2026-01-01' }] },
    ]);
  });

  it('that exist for a part of a day are charged for that part', () => {
    const cents = (hours: number) => Math.round((67.2 * 0.3 * 1.5 * 1.2 * 100 * hours) / 672);
    expect(amounts(ratingOf(backedUp('daily g-1', 'a', day / 2, ['2026-04-03'])))).toEqual([cents(12)]);
    expect(amounts(ratingOf(backedUp('daily g-1', 'a', 3661, ['2026-04-03', '2026-04-04'])))).toEqual([
      cents(7322 / 3600),
    ]);
  });

  it('of a plan or a size that is not known are listed with the reason; a price of their own comes before the share', () => {
    const odd = [...backedUp('hourly s-1', 'a', day, april), ...backedUp('weekly s-9', 'b', day, april)];
    expect(ratingOf(odd).unrated).toMatchObject([
      { kind, reason: 'no_list_price', dimensions: ['hourly s-1', 'weekly s-9'] },
    ]);
    const own = { ...monthly('weekly s-1', '0.672'), kind };
    expect(amounts(ratingOf(backedUp('weekly s-1', 'a', day, april), [...prices, own]))).toEqual([121]);
  });

  it('follow a list price of the droplet that changes', () => {
    const changed = [monthly('s-1', '6.72'), monthly('s-1', '13.44', '2026-04-11')];
    // 10 days of 1.344 and 18 of 2.688 USD a month of 28 days.
    expect(amounts(ratingOf(backedUp('weekly s-1', 'a', day, april.slice(0, 28)), changed))).toEqual([397]);
  });
});

describe('cost plus: backups that are counted by the hour and by the gigabyte', () => {
  const gigabytes = april.map((from) => ({ ...used('backup_gb_month', from, 20 * day, '2592000'), resource_id: 'x' }));
  const hours = ran('weekly s-1', 'a', day, april).map((row) => ({ ...row, kind: 'droplet_backup_hours' }));
  const byHour = { ...priced, kind: 'droplet_backup_hours' };
  const byGigabyte = item('backup_gb_month', { overage_price_cents: '10' });
  const fallback = (kind: string) => ({ kind, valid_from: '2026-01-01', unit_price_cents: '8', overage_unit: '1' });
  const lines = (items: PriceItem[], kinds: string[], usage: UsageSum[] = [...gigabytes, ...hours]) => {
    const rating = on(items, usage, {
      list_prices: listPricesFor([monthly('s-1', '6')], usage, '2026-04'),
      fallback_prices: kinds.map(fallback),
    });
    return [
      ...overage(rating).map(({ resource_kind, amount_cents }) => [resource_kind, amount_cents]),
      ...rating.unrated.map(({ kind, reason }) => [kind, reason]),
    ];
  };

  it.each([
    ['by the gigabyte where only these have a price', [], ['backup_gb_month'], [['backup_gb_month', 160]]],
    ['by the hour where the plan prices hours', [byHour], ['backup_gb_month'], [['droplet_backup_hours', 216]]],
    [
      'by the gigabyte where the plan prices these, whatever the fallback price of hours',
      [byGigabyte],
      ['droplet_backup_hours'],
      [['backup_gb_month', 200]],
    ],
    ['by the hour where the plan prices both', [byHour, byGigabyte], [], [['droplet_backup_hours', 216]]],
    [
      'by the hour where both have a fallback price',
      [],
      ['backup_gb_month', 'droplet_backup_hours'],
      [['droplet_backup_hours', 5760]],
    ],
    [
      'not at all where nothing prices them, which is listed',
      [],
      [],
      [
        ['backup_gb_month', 'no_price'],
        ['droplet_backup_hours', 'no_price'],
      ],
    ],
  ])('are charged once: %s', (_, items, kinds, expected) => {
    expect(lines(items, kinds)).toEqual(expected);
  });

  it('are charged by the gigabyte in a month in which they were never on, and listed while there is no backup yet', () => {
    expect(lines([byHour], ['backup_gb_month'], gigabytes)).toEqual([['backup_gb_month', 160]]);
    expect(lines([], ['backup_gb_month'], hours)).toEqual([['droplet_backup_hours', 'no_price']]);
  });
});

describe('cost plus: prices and terms', () => {
  it('a list price that changes holds from its day, and before its first day the first one holds', () => {
    const list_prices = [monthly('s-1', '6.72', '2026-04-04'), monthly('s-1', '13.44', '2026-04-11')];
    const [line] = overage(on([priced], ran('s-1', 'a', day, april.slice(0, 20)), { list_prices }));
    // 240 h at 0.01 and 240 h at 0.02 USD.
    expect(line?.amount_cents).toBe(1296);
    expect(line?.meta['cost']).toMatchObject([
      { list_prices: [{ valid_from: '2026-04-04' }, { valid_from: '2026-04-11' }] },
    ]);
  });

  it('the included quantity is free, a fixed amount is added, and a mark-up of -100 % leaves it alone', () => {
    const usage = ran('s-1', 'a', day, april.slice(0, 10));
    const including = { ...priced, included_qty: '120', overage_price_cents: '0.5' };
    // 120 h at 6/672 USD with 1.5 and 1.2 are 1.92857… AUD, and 0.60 fixed.
    expect(amounts(on([including], usage))).toEqual([253]);
    expect(amounts(on([{ ...including, mark_up_percent: '-100' }], usage))).toEqual([60]);
  });

  it('a price in the billing currency needs no rate', () => {
    const list_prices = [{ ...monthly('s-1', '6'), currency: 'AUD' }];
    const [line] = overage(on([priced], ran('s-1', 'a', day, april), { list_prices, rates: [] }));
    expect([line?.amount_cents, line?.description]).toEqual([
      720,
      'Overage droplet_hours s-1: 720 used, 0 included, list price 6 AUD plus 20 %',
    ]);
  });

  it.each([
    ['no_rate', { rates: [] }],
    ['no_list_price', { list_prices: [] }],
  ])('usage is listed with the reason %s and its size', (reason, fields) => {
    const { lines, unrated } = on([priced], ran('s-1', 'a', day, april.slice(0, 1)), fields);
    expect(unrated).toMatchObject([{ kind: 'droplet_hours', reason, dimensions: ['s-1'], qty: '24' }]);
    expect(lines.filter(({ kind }) => kind === 'overage')).toEqual([]);
  });

  it('a fallback price with a mark-up is charged alike, from its day', () => {
    const fallback = { kind: 'droplet_hours', valid_from: '2026-04-15', unit_price_cents: '0', overage_unit: '1' };
    const fallback_prices = [{ ...fallback, charge_model: 'cost_plus' as const, mark_up_percent: '20' }];
    const rating = on([], ran('s-1', 'a', day, april.slice(0, 28)), { fallback_prices });
    expect([amounts(rating), rating.unrated.map(({ reason, qty }) => [reason, qty])]).toEqual([
      [540],
      [['no_price', '336']],
    ]);
  });
});

it.each(['0', '0.000001', '999999999999'])('%s hours are charged exactly: the cost with the mark-up', (hours) => {
  const price = costPlus.priceOf(priced, 's-1');
  if (price === null) throw new Error('no price');
  expect(toText(costPlus.charge(price, fraction(hours), fraction('33.3')).amount)).toBe('39.96');
});

it.each([
  [{ mark_up_percent: '-100.01' }, 'is -100.01; the least is -100'],
  [{ tiers: [] }, 'cost_plus has no tiers'],
])('%j is refused: %s', (fields, fault) => {
  expect(costPlus.faultsOf({ ...priced, ...fields }).map((one) => one.fault)).toContain(fault);
});

it('a mark-up is required', () => {
  const { mark_up_percent: _, ...bare } = priced;
  expect(costPlus.faultsOf(bare).map(({ field }) => field)).toEqual(['mark_up_percent']);
});
