import { Decimal, parseBackupDimension } from '@arcadia/contracts';
import { closest } from './closest.ts';
import type { ListPrice } from './terms.ts';

const backups = 'backup_gb_month';
const droplets = 'droplet_hours';

/**
 * Per cent of the price of a droplet that its backups cost, whatever their number and size, by their plan.
 * Source: https://docs.digitalocean.com/products/backups/details/pricing/ (weekly 20 %, daily 30 %).
 */
const shares: Readonly<Record<string, number>> = { weekly: 20, daily: 30 };

/** The kinds with those whose list prices theirs follow from. */
export const withPriceSources = (kinds: readonly string[]): string[] => [
  ...kinds,
  ...(kinds.includes(backups) && !kinds.includes(droplets) ? [droplets] : []),
];

/** List prices with those of the shares that usage is charged by: where its kind has no price of its own. */
export const withSharedPrices = (
  prices: readonly ListPrice[],
  usage: readonly { kind: string; dimension?: string | undefined }[],
): ListPrice[] => {
  const dimensions = new Set(usage.flatMap(({ kind, dimension }) => (isSharedKind(kind) ? [dimension] : [])));
  const own = prices.filter(({ kind }) => isSharedKind(kind));
  const shared = [...dimensions].flatMap((dimension) =>
    closest(own, dimension) === null ? sharedPrices(dimension, prices) : [],
  );
  return [...prices, ...shared];
};

/** Whether usage of a kind is charged as a share of another price, once for all resources of one dimension. */
export const isSharedKind = (kind: string): boolean => kind === backups;

/** The price of the backups of one droplet, as a share of the prices of its size; none for a plan that is not known. */
const sharedPrices = (dimension: string | undefined, prices: readonly ListPrice[]): ListPrice[] => {
  const terms = dimension === undefined ? null : parseBackupDimension(dimension);
  const share = shares[terms?.plan ?? ''];
  if (terms === null || dimension === undefined || share === undefined) return [];
  return prices
    .filter((price) => price.kind === droplets && price.dimension === terms.dropletSize)
    .flatMap(({ price_monthly, valid_from, currency }) =>
      price_monthly === undefined
        ? []
        : [
            {
              kind: backups,
              dimension,
              valid_from,
              currency,
              price_monthly: new Decimal(price_monthly).times(share).div(100).toFixed(),
              share_percent: String(share),
            },
          ],
    );
};
