import { canonicalDecimal, Decimal } from '../decimal.ts';

/** A price that is a share of another one. */
export type PriceShare = { kind: string; dimension: string; percent: string };

const backups = 'droplet_backup_hours';
const droplets = 'droplet_hours';

/**
 * Per cent of the price of a droplet that its backups cost, whatever their number and size, by their plan.
 * Source: https://docs.digitalocean.com/products/backups/details/pricing/ (weekly 20 %, daily 30 %).
 */
const shares: Readonly<Record<string, string>> = { weekly: '20', daily: '30' };

/** The billing kind whose list prices those of a kind are shares of; null: it has prices of its own only. */
export const shareSourceOf = (kind: string): string | null => (kind === backups ? droplets : null);

/** The price of which that of a billing kind and dimension is a share; null: of none, as for a plan that is not known. */
export function priceShareOf(kind: string, dimension: string | null | undefined): PriceShare | null {
  if (kind !== backups || typeof dimension !== 'string') return null;
  const [plan = '', size, ...more] = dimension.split(' ');
  const percent = Object.hasOwn(shares, plan) ? shares[plan] : undefined;
  return percent === undefined || size === undefined || more.length > 0
    ? null
    : { kind: droplets, dimension: size, percent };
}

/** A share of an amount, exact. */
export const shareOf = (amount: string, percent: string): string =>
  canonicalDecimal(new Decimal(amount).times(percent).div(100));
