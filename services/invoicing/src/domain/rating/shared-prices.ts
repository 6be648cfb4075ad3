import { priceShareOf, shareOf, shareSourceOf } from '@arcadia/contracts';
import { closest } from './closest.ts';
import type { ListPrice } from './terms.ts';

/** The kinds with those whose list prices theirs are shares of, such as droplets for their backups. */
export const withPriceSources = (kinds: readonly string[]): string[] => [
  ...new Set([...kinds, ...kinds.flatMap((kind) => shareSourceOf(kind) ?? [])]),
];

type Used = { kind: string; dimension?: string | undefined };

/** List prices with those that usage has as a share of another one, where its kind and dimension have no price of their own. */
export const withSharedPrices = (prices: readonly ListPrice[], usage: readonly Used[]): ListPrice[] => {
  const used = new Map(usage.map(({ kind, dimension }) => [`${kind} ${dimension ?? ''}`, { kind, dimension }]));
  return [...prices, ...[...used.values()].flatMap((one) => sharedPrices(one, prices))];
};

const sharedPrices = ({ kind, dimension }: Used, prices: readonly ListPrice[]): ListPrice[] => {
  const share = priceShareOf(kind, dimension);
  if (share === null || dimension === undefined) return [];
  const own = prices.filter((price) => price.kind === kind);
  if (closest(own, dimension) !== null) return [];
  const sources = prices.filter((price) => price.kind === share.kind);
  const source = closest(sources, share.dimension);
  return sources
    .filter((price) => source !== null && price.dimension === source.dimension)
    .map(({ price_monthly, unit_price, valid_from, currency }) => ({
      kind,
      dimension,
      valid_from,
      currency,
      ...(price_monthly === undefined ? {} : { price_monthly: shareOf(price_monthly, share.percent) }),
      ...(unit_price === undefined ? {} : { unit_price: shareOf(unit_price, share.percent) }),
      share_percent: share.percent,
    }));
};
