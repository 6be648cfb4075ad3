import { addMonths, observedUsages, type Period, secondsOf } from '@arcadia/contracts';
import { fraction, times, toText } from '../rating/fraction.ts';
import type { RatingInput } from '../rating/rate.ts';
import type {
  AttachedAddon,
  ExchangeRate,
  FallbackPrice,
  ListPrice,
  PlanTerms,
  TaxPolicy,
  TenantTerms,
  UsageSum,
} from '../rating/terms.ts';

export type ExpectedUsage = { kind: string; dimension?: string | undefined; qty: string };

/** What a spec plans of a field: a number of resources or gigabytes, or such numbers by size. */
type Planned = number | string | Readonly<Record<string, number | string>>;

/** A month of a spec in quantities of usage: running resources count the month's real hours, stored ones count once. */
export const usageOfSpec = (spec: Readonly<Record<string, Planned | undefined>>, period: Period): ExpectedUsage[] => {
  const hours = secondsOf(period) / 3600;
  const all = observedUsages.flatMap(({ kind, per, quote }): ExpectedUsage[] => {
    const planned = spec[quote.field] ?? 0;
    const qtyOf = (units: number | string): string =>
      per === 'hour' ? toText(times(fraction(units), fraction(hours))) : String(units);
    return typeof planned === 'object'
      ? Object.entries(planned).map(([dimension, units]) => ({ kind, dimension, qty: qtyOf(units) }))
      : [{ kind, qty: qtyOf(planned) }];
  });
  return all.filter(({ qty }) => !fraction(qty).num.isZero());
};

/** The input of the rating function for a whole month on a plan, as if it had been subscribed all along. */
export const quoteInput = (given: {
  period: Period;
  deploymentId: string;
  plan: PlanTerms;
  addons: AttachedAddon[];
  usage: readonly ExpectedUsage[];
  tax: TaxPolicy;
  fallbackPrices: FallbackPrice[];
  /** Whether the plan passes the provider's bill through, which list prices then estimate. */
  isEstimate: boolean;
  /** What prices need that rest on the provider's; null where none does. */
  costs: { list_prices: ListPrice[]; rates: ExchangeRate[] } | null;
  /** The discounts and own prices of the tenant at the month's end; a price holds all month. */
  own: TenantTerms;
}): RatingInput => {
  const first = `${given.period}-01`;
  const after = `${addMonths(given.period, 1)}-01`;
  // Where a price changes within the month, a quote uses the price at its end, since it has no days of usage.
  const prices = [
    ...Map.groupBy(given.fallbackPrices, ({ kind, dimension = '' }) => `${kind} ${dimension}`).values(),
  ].flatMap((rows) => rows.slice(-1));
  return {
    period: given.period,
    currency: given.plan.currency,
    tax: given.tax,
    fallback_prices: prices.map((price) => ({
      ...price,
      valid_from: price.valid_from < first ? price.valid_from : first,
    })),
    ...(given.costs === null
      ? {}
      : { list_prices: atTheEnd(given.costs.list_prices, given.period), rates: given.costs.rates }),
    ...(given.isEstimate ? { bills: [], is_estimate: true } : {}),
    ...given.own,
    other_lines: [],
    deployments: [
      {
        deployment_id: given.deploymentId,
        subscriptions: [
          {
            subscription_id: given.deploymentId,
            starts_at: `${first}T00:00:00Z`,
            ends_at: null,
            trial_ends_at: null,
            plans: [{ from: `${first}T00:00:00Z`, plan: given.plan }],
            pauses: [],
            addons: given.addons,
          },
        ],
        usage: given.usage.map(
          ({ qty, ...of }): UsageSum => ({ ...of, from: first, until: after, unit_seconds: qty, divisor: '1' }),
        ),
      },
    ],
  };
};

/** Of each list price the one at a month's end, as if it held all month. */
const atTheEnd = (prices: readonly ListPrice[], period: Period): ListPrice[] =>
  [...Map.groupBy(prices, ({ kind, dimension = '' }) => `${kind} ${dimension}`).values()].flatMap((own) => {
    const first = `${period}-01`;
    const last = own.toSorted((a, b) => (a.valid_from < b.valid_from ? -1 : 1)).at(-1);
    return last === undefined ? [] : [{ ...last, valid_from: last.valid_from < first ? last.valid_from : first }];
  });
