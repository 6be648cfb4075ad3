import { currencyExponent, Decimal, formatUnitPrice, type invoicing, type RequestOutput } from '@arcadia/contracts';
import { minorIn, ungrouped } from '../command.ts';

export type PriceItem = RequestOutput<typeof invoicing.getPlan>['items'][number];

/** All decimals of a price are written, so that a form that is sent unchanged changes nothing. */
const allDecimals = 12;

const numeric = /^-?\d{1,12}(\.\d{1,12})?$/;

/**
 * The items of a plan as people type them, one in a line: the kind, what a month includes of it, the price of a unit beyond that in the
 * currency, then words for what is less usual. `priceItemsIn` reads the same lines.
 */
export const priceItemLines = (items: readonly PriceItem[], currency: string): string =>
  items.map((item) => lineOf(item, currency)).join('\n');

const lineOf = (item: PriceItem, currency: string): string => {
  const { kind, dimension, included_qty, overage_unit, overage_price_cents, charge_model, hard_cap_qty } = item;
  const price = (minor: string): string => formatUnitPrice(minor, currency, allDecimals);
  const pairs = (of: readonly (readonly [name: string, minor: string])[]): string =>
    of.map(([name, minor]) => `${name}=${price(minor)}`).join(' ');
  const models: Readonly<Record<PriceItem['charge_model'], string>> = {
    standard: '',
    package: 'package',
    graduated: `graduated ${pairs(tierPairs(item))}`,
    volume: `volume ${pairs(tierPairs(item))}`,
    by_size: `sizes ${pairs((item.sizes ?? []).map((one) => [one.dimension, one.unit_price_cents]))}`,
    cost_plus: `mark-up ${item.mark_up_percent ?? '0'}`,
    pass_through: `bill ${item.mark_up_percent ?? '0'}`,
  };
  return [
    kind,
    included_qty,
    overage_price_cents === null ? '' : price(overage_price_cents),
    overage_unit === '1' ? '' : `per ${overage_unit}`,
    dimension === undefined ? '' : `size ${dimension}`,
    hard_cap_qty === null ? '' : `cap ${hard_cap_qty}`,
    models[charge_model].trim(),
  ]
    .filter(Boolean)
    .join(' ');
};

const tierPairs = ({ tiers }: PriceItem): (readonly [string, string])[] =>
  (tiers ?? []).map(({ up_to, unit_price_cents }) => [up_to ?? 'rest', unit_price_cents]);

/** A line that cannot be read; the message is for the person who typed it. */
class Unreadable extends Error {}

/** The items in lines as `priceItemLines` writes them, or the sentence about the first line that cannot be read. */
export const priceItemsIn = (text: string, currency: string): PriceItem[] | string => {
  const items: PriceItem[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '') continue;
    try {
      items.push(itemIn(line.split(/\s+/), currency));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return `Line ${index + 1}, “${line}”: ${error.message}`;
    }
  }
  return items;
};

const itemIn = ([kind = '', included = '', ...words]: readonly string[], currency: string): PriceItem => {
  const item: PriceItem = {
    kind,
    included_qty: amountIn(included, 'what a month includes of it'),
    overage_unit: '1',
    overage_price_cents: null,
    charge_model: 'standard',
    tiers: null,
    hard_cap_qty: null,
  };
  const price = (typed: string): string => {
    const minor = minorIn(typed, currencyExponent(currency));
    if (minor === null) throw new Unreadable(`“${typed}” is no price in ${currency}, such as 0.01.`);
    return minor;
  };
  const left = [...words];
  if (left[0] !== undefined && numeric.test(left[0])) item.overage_price_cents = price(left.shift() ?? '');
  while (left.length > 0) {
    const word = left.shift() ?? '';
    const read = readers[word];
    if (read === undefined)
      throw new Unreadable(`“${word}” is not known; the words are ${Object.keys(readers).join(', ')}.`);
    read(item, left, price);
  }
  return item;
};

type Reader = (item: PriceItem, left: string[], price: (typed: string) => string) => void;

const tiersOf =
  (charge_model: 'graduated' | 'volume'): Reader =>
  (item, left, price) => {
    item.charge_model = charge_model;
    item.tiers = pairsIn(left).map(([name, typed]) => ({
      up_to: name === 'rest' ? null : amountIn(name, 'the upper bound of a tier'),
      unit_price_cents: price(typed),
    }));
  };

const markUpOf =
  (charge_model: 'cost_plus' | 'pass_through'): Reader =>
  (item, left) => {
    item.charge_model = charge_model;
    item.mark_up_percent = amountIn(left.shift() ?? '', 'the mark-up in per cent');
  };

const readers: Readonly<Record<string, Reader>> = {
  per: (item, left) => {
    item.overage_unit = amountIn(left.shift() ?? '', 'how many units the price is for');
  },
  size: (item, left) => {
    item.dimension = left.shift() ?? '';
  },
  cap: (item, left) => {
    item.hard_cap_qty = amountIn(left.shift() ?? '', 'the cap');
  },
  package: (item) => {
    item.charge_model = 'package';
  },
  graduated: tiersOf('graduated'),
  volume: tiersOf('volume'),
  sizes: (item, left, price) => {
    item.charge_model = 'by_size';
    item.sizes = pairsIn(left).map(([dimension, typed]) => ({ dimension, unit_price_cents: price(typed) }));
  },
  'mark-up': markUpOf('cost_plus'),
  bill: markUpOf('pass_through'),
};

const amountIn = (typed: string, what: string): string => {
  const text = ungrouped(typed);
  if (text === null || !numeric.test(text)) throw new Unreadable(`“${typed}” is no number for ${what}.`);
  return new Decimal(text).toFixed();
};

/** The pairs `name=price` at the beginning, which are taken away. */
const pairsIn = (left: string[]): (readonly [name: string, price: string])[] => {
  const pairs: (readonly [string, string])[] = [];
  while (left[0]?.includes('=') === true) {
    const pair = left.shift() ?? '';
    const at = pair.lastIndexOf('=');
    pairs.push([pair.slice(0, at), pair.slice(at + 1)]);
  }
  if (pairs.length === 0) throw new Unreadable('prices such as 1000=0.02 rest=0.01 must follow.');
  return pairs;
};
