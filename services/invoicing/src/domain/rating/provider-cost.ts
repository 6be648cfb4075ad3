import { currencyExponent } from '@arcadia/contracts';
import { periodDays } from './calendar.ts';
import { closest } from './closest.ts';
import {
  type Fraction,
  fraction,
  greatest,
  isPositive,
  isZero,
  least,
  minus,
  plus,
  reduced,
  sum,
  times,
  zero,
} from './fraction.ts';
import { withSharedPrices } from './shared-prices.ts';
import type { ExchangeRate, ListPrice, UsageSum } from './terms.ts';

/** What the provider charges for a sum of usage. */
export type ProviderCost = {
  price: ListPrice;
  /** The quantity that the provider charges, in the unit of the kind. */
  billed: Fraction;
  /** In the currency of the price, in whole units of it. */
  amount: Fraction;
};

export type CostTerms = {
  currency: string;
  list_prices?: readonly ListPrice[] | undefined;
  rates?: readonly ExchangeRate[] | undefined;
};

/** Hours of 28 days: the provider charges no more of them in a month. */
const cappedHours = fraction(672);
const minute = fraction(60);
const hour = fraction(3600);
/** Kinds of which the provider charges at least an hour. */
const byTheHour: ReadonlySet<string> = new Set(['database_node_hours', 'app_database_hours']);
const leastAmount = fraction('0.01');

/** The price of a day: the newest of the closest dimension; before its first day the first one. */
export const listPriceOn = (
  prices: readonly ListPrice[],
  dimension: string | undefined,
  day: string,
): ListPrice | null => {
  const found = closest(prices, dimension);
  if (found === null) return null;
  const own = prices.filter((price) => price.dimension === found.dimension);
  const ascending = own.toSorted((a, b) => (a.valid_from < b.valid_from ? -1 : 1));
  return ascending.findLast(({ valid_from }) => valid_from <= day) ?? ascending[0] ?? null;
};

const qtyOf = (row: UsageSum): Fraction => fraction(row.unit_seconds, row.divisor);

/** The hours during which a resource was used; where that is not known, its hours, but no more than its days have. */
const runningHours = (row: UsageSum): Fraction => {
  if (row.running_seconds !== undefined) return fraction(row.running_seconds, '3600');
  const days = Temporal.PlainDate.from(row.from).until(row.until).total('days');
  return least(qtyOf(row), fraction(days * 24));
};

/**
 * What the provider charges for usage of one kind in a month, by its own rules. A price by month: each second is 1/672 of an hour's
 * share of it, a resource of one size is charged for at most 672 hours, and for at least 60 seconds (databases: an hour) and 0.01;
 * the cap holds for each of several nodes. A unit price is charged as it is. Sources, read in November 2026:
 * - droplets: 672 hours (https://docs.digitalocean.com/products/droplets/details/pricing/, and `price_hourly` of `/v2/sizes` is
 *   1/672 of `price_monthly`); since 2026 by the second, at least 60 seconds or 0.01, whichever is higher (the provider's staff,
 *   https://www.digitalocean.com/community/questions/how-billing-works-for-1-hour);
 * - containers of apps: by the second, at least a minute and 0.01, for the first 28 days of a month; databases, of apps too: by the
 *   hour, at least one (https://www.digitalocean.com/community/questions/how-are-applications-on-app-platform-billed-b3565cf7-093c-43a8-be70-eeadcf2a8da8);
 *   That the month of a container has 672 hours too is in `/v2/apps/tiers/instance_sizes`, where `usd_per_second` is `usd_per_month` /
 *   2,419,200 (5.00 and 0.000002066799);
 * - backups of a droplet: a share of its price for the time during which they are on (`backup-share.ts` of the contracts), by the same rules;
 * - every service: an hourly rate up to the monthly price (https://www.digitalocean.com/community/questions/billing-confusion).
 *
 * Not verified, and taken to be as above: that the cap of 672 hours outlived the change to seconds for droplets (`price_hourly` of a size
 * suggests it); whether databases round each
 * started hour up; the minimum of load balancers, control planes, NAT gateways, attachments and egress IPs; in which steps a database
 * charges its storage. The provider publishes no price of NAT gateways, whose sizes are 1, 2 and 4 in its tools
 * (https://docs.digitalocean.com/reference/ansible/reference/modules/vpc_nat_gateway); such prices are loaded by the operator.
 * @param rows all sums of the kind, so that the cap counts the whole month. A sum whose price is not known is not in the result
 */
export const providerCosts = (rows: readonly UsageSum[], prices: readonly ListPrice[]): Map<UsageSum, ProviderCost> => {
  const costs = new Map<UsageSum, ProviderCost>();
  const ofKind = prices.filter(({ kind }) => kind === rows[0]?.kind);
  const bySize = Map.groupBy(rows, ({ resource_id = '', dimension = '' }) => `${resource_id} ${dimension}`);
  for (const own of bySize.values()) {
    for (const [row, cost] of costsOfResource(
      own.toSorted((a, b) => (a.from < b.from ? -1 : 1)),
      ofKind,
    ))
      costs.set(row, cost);
  }
  return costs;
};

/** The costs of one resource at one size, in the order of days. */
const costsOfResource = (rows: readonly UsageSum[], prices: readonly ListPrice[]): [UsageSum, ProviderCost][] => {
  const running = sum(rows.map(runningHours));
  const runningSeconds = times(running, fraction(3600));
  const leastSeconds = byTheHour.has(rows[0]?.kind ?? '') ? hour : minute;
  const isShort = isPositive(running) && isPositive(minus(leastSeconds, runningSeconds));
  let before = zero;
  const costs = rows.flatMap((row): [UsageSum, ProviderCost][] => {
    const after = plus(before, runningHours(row));
    const counted = minus(least(after, cappedHours), least(before, cappedHours));
    const all = minus(after, before);
    before = after;
    const price = listPriceOn(prices, row.dimension, row.from);
    if (price === null) return [];
    if (price.price_monthly === undefined)
      return [[row, { price, billed: qtyOf(row), amount: times(qtyOf(row), fraction(price.unit_price ?? '0')) }]];
    // As many units as run at a time, usually a whole number: with it, the hours of all days keep one denominator.
    const units = isZero(all) ? zero : reduced(ratio(qtyOf(row), all));
    const hours = isShort ? reduced(times(counted, ratio(leastSeconds, runningSeconds))) : counted;
    const billed = times(hours, units);
    return [[row, { price, billed, amount: times(billed, fraction(price.price_monthly, '672')) }]];
  });
  return raisedToLeast(costs);
};

const ratio = (a: Fraction, b: Fraction): Fraction => ({ num: a.num.times(b.den), den: a.den.times(b.num) });

/** A resource with a price by month costs at least 0.01 of its currency; what is missing belongs to its first sum. */
const raisedToLeast = (costs: [UsageSum, ProviderCost][]): [UsageSum, ProviderCost][] => {
  const monthly = costs.filter(([, { price }]) => price.price_monthly !== undefined);
  const total = sum(monthly.map(([, { amount }]) => amount));
  const missing = greatest(zero, minus(leastAmount, total));
  const [first] = monthly;
  if (first === undefined || !isPositive(missing) || !isPositive(total)) return costs;
  return costs.map((cost) =>
    cost === first ? [cost[0], { ...cost[1], amount: plus(cost[1].amount, missing) }] : cost,
  );
};

/** The rate from a currency to the billing currency; `null`: they are the same; undefined: none is pinned. */
export const rateTo = (terms: CostTerms, from: string): ExchangeRate | null | undefined =>
  from === terms.currency ? null : terms.rates?.find((rate) => rate.from === from && rate.to === terms.currency);

/** An amount of the provider in minor units of the billing currency. */
export const toMinor = (amount: Fraction, terms: CostTerms, rate: ExchangeRate | null): Fraction =>
  times(times(amount, fraction(rate?.rate ?? 1)), fraction(minorPerUnit(terms.currency)));

/** Minor units in one unit of a currency. */
export const minorPerUnit = (currency: string): number => 10 ** currencyExponent(currency);

/** The list prices that usage depends on in a period, in a fixed order: those that hold in it, of the kinds and dimensions used. */
export const listPricesFor = (all: readonly ListPrice[], usage: readonly UsageSum[], period: string): ListPrice[] => {
  const { names } = periodDays(period);
  const needed = new Set<ListPrice>();
  for (const [kind, rows] of Map.groupBy(usage, (row) => row.kind)) {
    const ofKind = withSharedPrices(all, rows).filter((price) => price.kind === kind);
    for (const dimension of new Set(rows.map((row) => row.dimension)))
      for (const day of names) {
        const price = listPriceOn(ofKind, dimension, day);
        if (price !== null) needed.add(price);
      }
  }
  const keyOf = ({ kind, dimension = '', valid_from }: ListPrice): string => `${kind} ${dimension} ${valid_from}`;
  return [...needed].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
};
