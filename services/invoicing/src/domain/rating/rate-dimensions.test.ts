import { describe, expect, it } from 'vitest';
import { addon, april, droplets, input, item, kept, plan, subscription, used } from '../../../test/terms-builder.ts';
import { type Rating, type RatingInput, rate } from './rate.ts';
import type { PriceItem, UsageSum } from './terms.ts';

const hours = (dimension: string, day: string, qty: number): UsageSum => ({
  ...used('droplet_hours', day, qty),
  dimension,
});
const on = (items: PriceItem[], usage: UsageSum[], fields: Partial<RatingInput> = {}): Rating =>
  rate(input({ subscriptions: [subscription({ plan: plan({ base_price_cents: 0, items }) })], usage, ...fields }));
const priced = (dimension: string | undefined, fields: Partial<PriceItem>): PriceItem => ({
  ...item('droplet_hours', fields),
  ...(dimension === undefined ? {} : { dimension }),
});
const shown = ({ lines }: Rating) =>
  lines
    .filter(({ kind }) => kind === 'overage')
    .map(({ description, amount_cents, meta }) => [description, amount_cents, meta.dimensions]);

describe('rating: a price for a size', () => {
  it('the closest price holds: the exact size, then the longest beginning, then the one for all', () => {
    const items = [
      priced(undefined, { overage_price_cents: '1' }),
      priced('g-*', { overage_price_cents: '10' }),
      priced('g-32*', { overage_price_cents: '100' }),
      priced('g-32vcpu-128gb', { overage_price_cents: '1000' }),
    ];
    const usage = ['s-1vcpu-1gb', 'g-2vcpu-8gb', 'g-32vcpu-64gb', 'g-32vcpu-128gb'].map((size) =>
      hours(size, '2026-04-03', 3),
    );
    expect(shown(on(items, usage))).toEqual([
      ['Overage droplet_hours, other sizes: 3 used, 0 included', 3, ['s-1vcpu-1gb']],
      ['Overage droplet_hours g-*: 3 used, 0 included', 30, ['g-2vcpu-8gb']],
      ['Overage droplet_hours g-32*: 3 used, 0 included', 300, ['g-32vcpu-64gb']],
      ['Overage droplet_hours g-32vcpu-128gb: 3 used, 0 included', 3000, ['g-32vcpu-128gb']],
    ]);
  });

  it('usage without a size has the price for all, never that of a size', () => {
    const items = [priced('g-*', { overage_price_cents: '10' })];
    const { lines, unrated } = on(items, [used('droplet_hours', '2026-04-03', 5), hours('g-1', '2026-04-03', 1)]);
    expect(lines.filter(({ kind }) => kind === 'overage').map(({ amount_cents }) => amount_cents)).toEqual([10]);
    expect(unrated).toMatchObject([{ kind: 'droplet_hours', reason: 'no_price', qty: '5' }]);
  });

  it('usage of a size without any price is listed with its size', () => {
    const { unrated } = on([priced('g-*', {})], [hours('s-1', '2026-04-03', 5), hours('g-1', '2026-04-03', 1)]);
    expect(unrated).toEqual([
      {
        deployment_id: expect.any(String),
        kind: 'droplet_hours',
        reason: 'no_price',
        dimensions: ['s-1'],
        qty: '5',
        days: [{ from: '2026-04-03', until: '2026-04-04' }],
      },
    ]);
  });

  it('each item includes its own quantity, and addons add to the item for all sizes', () => {
    const items = [
      priced(undefined, { included_qty: '100', overage_price_cents: '1' }),
      priced('g-*', { included_qty: '10', overage_price_cents: '10' }),
    ];
    const usage = [hours('s-1', '2026-04-03', 160), hours('g-1', '2026-04-02', 30), hours('g-2', '2026-04-04', 5)];
    const more = addon({ kind: 'droplet_hours', qty: '20', price_cents: 0 });
    const rated = rate(input({ subscriptions: [subscription({ plan: plan({ items }), addons: [more] })], usage }));
    expect(shown(rated)).toEqual([
      ['Overage droplet_hours, other sizes: 160 used, 120 included', 40, ['s-1']],
      ['Overage droplet_hours g-*: 35 used, 10 included', 250, ['g-1', 'g-2']],
    ]);
  });
});

describe('rating: fallback prices for sizes', () => {
  const fallback = (dimension: string | undefined, valid_from: string, unit_price_cents: string) => ({
    kind: 'droplet_hours',
    ...(dimension === undefined ? {} : { dimension }),
    valid_from,
    unit_price_cents,
    overage_unit: '1',
  });

  it('an included quantity is used up in the order of days, on one day in the order of sizes', () => {
    const items = [priced(undefined, { included_qty: '10', overage_price_cents: null })];
    const fallback_prices = [fallback(undefined, '2000-01-01', '1'), fallback('g-*', '2000-01-01', '10')];
    const usage = [hours('g-1', '2026-04-05', 4), hours('a-1', '2026-04-06', 4), hours('s-1', '2026-04-05', 8)];
    expect(shown(on(items, usage, { fallback_prices }))).toEqual([
      ['Overage droplet_hours s-1: 8 used, 6 of 10 included', 2, ['s-1']],
      ['Overage droplet_hours a-1: 4 used, 0 of 10 included', 4, ['a-1']],
    ]);
  });

  it('a price for a size that begins within the month holds from its day, the one for all before', () => {
    const fallback_prices = [fallback(undefined, '2000-01-01', '1'), fallback('g-1', '2026-04-11', '10')];
    const usage = april.map((day) => hours('g-1', day, 24));
    const { lines } = on([], usage, { fallback_prices });
    expect(lines.map(({ amount_cents, meta }) => [amount_cents, meta.days]).slice(1, 3)).toEqual([
      [240, [{ from: '2026-04-01', until: '2026-04-11' }]],
      [4800, [{ from: '2026-04-11', until: '2026-05-01' }]],
    ]);
  });
});

describe('rating: inputs without a dimension', () => {
  const hashes = (month: RatingInput): [string, string] => {
    const { input_hash, output_hash } = rate(month);
    return [input_hash, output_hash];
  };

  it('have the hashes that earlier versions gave them', () => {
    const pilot = input({ subscriptions: [subscription({ addons: [addon()] })], usage: droplets(3, april) });
    expect(hashes(pilot)).toEqual([
      '7853151a81a8b6ca81661f6b9af0bd7a6c9f830cce2da6f83f6724a7bc9c9ec7',
      'd8b6700b519d4d108475297487b5ab3fb46ba7fcc278a053d4d7277bd741fa0c',
    ]);
    const daily = (version: number, included_qty: string, base_price_cents: number) => ({
      ...plan({ version, proration: 'daily', base_price_cents }),
      items: [item('droplet_hours', { included_qty, overage_price_cents: '2' })],
    });
    const volumes = { kind: 'volume_gb_month', overage_unit: '1' };
    const changing = input({
      subscriptions: [
        subscription({
          plans: [
            { from: '2026-04-01T00:00:00Z', plan: { ...daily(1, '720', 3000) } },
            { from: '2026-04-16T00:00:00Z', plan: { ...daily(2, '1440', 9000) } },
          ],
        }),
      ],
      usage: [...droplets(2, april), ...kept('volume_gb_month', 100, april)],
      fallback_prices: [
        { ...volumes, valid_from: '2026-01-01', unit_price_cents: '15' },
        { ...volumes, valid_from: '2026-04-10', unit_price_cents: '20' },
      ],
    });
    expect(hashes(changing)).toEqual([
      '1fa290fd32702b140ca8e84f3d89c1bafbd2b71b8622d057af279e96378c5a1a',
      '896fa71fb775d047db53e2a5418d68de181cc8422a2fd1b11fe50131f53cced1',
    ]);
    const tiers = [
      { up_to: '100', unit_price_cents: '10' },
      { up_to: '400', unit_price_cents: '8' },
      { up_to: null, unit_price_cents: '5' },
    ];
    const graduated = item('widgets', {
      included_qty: '100',
      charge_model: 'graduated',
      overage_price_cents: null,
      tiers,
    });
    const tiered = input({
      subscriptions: [subscription({ plan: plan({ items: [graduated] }) })],
      usage: [used('widgets', '2026-04-03', 620), used('gadgets', '2026-04-04', '7.5')],
    });
    expect(hashes(tiered)).toEqual([
      'e533a364078c3bd3b71acf964dd7b2d8e900e6d25fb055e989d493e094aaa576',
      'ca42d5ebc4163780d64e7303fb34e00a8db88f223b4894a5a32c12f497a9c238',
    ]);
  });

  it('cost the same as with sizes that no price names', () => {
    const sized = droplets(3, april).map((row, index) => ({ ...row, dimension: `s-${index % 4}` }));
    const subscriptions = [subscription({ addons: [addon()] })];
    const money = ({ subtotal_cents, tax_cents, total_cents }: Rating) => [subtotal_cents, tax_cents, total_cents];
    expect(money(rate(input({ subscriptions, usage: sized })))).toEqual([6422, 642, 7064]);
  });
});
