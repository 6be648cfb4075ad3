import { addMonths, type Period, periodInterval } from '@arcadia/contracts';
import { together } from '@arcadia/platform';
import type { QueryExecutorProvider } from 'kysely';
import { creditOfMonth } from '../domain/prepaid/ledger.ts';
import { passesThrough } from '../domain/rating/passed-through.ts';
import { listPricesFor } from '../domain/rating/provider-cost.ts';
import { type Rating, type RatingInput, ratingSteps, usageCuts } from '../domain/rating/rate.ts';
import type { RatedLine } from '../domain/rating/rated-line.ts';
import { withPriceSources } from '../domain/rating/shared-prices.ts';
import type {
  BilledAmount,
  DeploymentInput,
  ExchangeRate,
  FallbackPrice,
  ListPrice,
  PriceOverride,
  ProviderBill,
  SubscriptionTerms,
  UsageSum,
} from '../domain/rating/terms.ts';
import { kindsByDay, kindsByResource } from '../domain/rating/usage-detail.ts';
import { termsOfMonth } from '../domain/terms/terms-of-month.ts';
import { fallbackPrices } from '../store/catalog/prices.ts';
import { exchangeRatesTo } from '../store/costs/exchange-rates.ts';
import { listPricesOf, lockCosts } from '../store/costs/list-prices.ts';
import { amountsOfTenant, billsOf, type DeploymentAmount } from '../store/costs/provider-bills.ts';
import type { BillingProfileRow, Db } from '../store/schema.ts';
import { type Subscription, subscriptionsDuring } from '../store/subscriptions/subscriptions.ts';
import { findBilling } from '../store/tenants/billing.ts';
import { sumUsageByResource } from '../store/usage/resource-usage.ts';
import { type AsOf, type DeploymentUsage, type Range, sumUsage } from '../store/usage/usage-facts.ts';
import { inSlices } from './in-slices.ts';

export type TenantMonth = {
  tenantId: string;
  period: Period;
  asOf: AsOf;
  deploymentId?: string | undefined;
  /** Given: the invoice draws prepaid credit, less what other invoices than this one draw (null: there is none yet). */
  draws?: { exceptOn: string | null };
  /** True: what passes the provider's bill through is estimated by list prices while no bill is known. */
  isEstimate?: boolean;
};

export type RatedMonth = { input: RatingInput; rating: Rating; profile: BillingProfileRow };

/** What is read of a tenant's month before anything of it is known: its terms, and its usage summed over the whole month. */
export type ReadMonth = {
  billing: Awaited<ReturnType<typeof findBilling>>;
  subscriptions: Subscription[];
  fallback_prices: FallbackPrice[];
  wholeSums: DeploymentUsage[];
};

/** Reads a tenant's month, in one round trip. */
export const readMonth = async (db: QueryExecutorProvider, month: TenantMonth): Promise<ReadMonth> => {
  const { tenantId, period, deploymentId } = month;
  const [billing, subscriptions, fallback_prices, wholeSums] = await together(db, (session) =>
    Promise.all([
      findBilling(session, tenantId),
      subscriptionsDuring(session, { tenantId, deploymentId, ...periodInterval(period) }),
      fallbackPrices(session, { tenantId, before: `${addMonths(period, 1)}-01` }),
      sumUsage(session, { ...month, ranges: [], kindsByDay: [] }),
    ]),
  );
  return { billing, subscriptions, fallback_prices, wholeSums };
};

/**
 * The input for rating a tenant's month: its terms as known now, and its usage as of a close.
 * @param read what was read of it before
 */
export const ratingInput = async (
  db: Db,
  month: TenantMonth,
  read?: ReadMonth,
): Promise<{ input: RatingInput; profile: BillingProfileRow }> => {
  const { period, deploymentId } = month;
  const after = `${addMonths(period, 1)}-01`;
  const { billing, subscriptions, fallback_prices, wholeSums } = read ?? (await readMonth(db, month));
  const { profile, terms: all, credits: known } = billing;
  const credits = month.draws === undefined ? [] : creditOfMonth(period, known, month.draws.exceptOn);
  const own = termsOfMonth(period, all, deploymentId === undefined ? 'tenant' : 'deployment');
  const { price_overrides = [] } = own;
  const byDeployment = Map.groupBy(subscriptions, ({ deployment_id }) => deployment_id);
  const ranges = [...byDeployment].flatMap(([deployment_id, subscriptions]) =>
    rangesOf({ period, fallback_prices, price_overrides }, { deployment_id, subscriptions, after }),
  );
  const billed = await billsFor(db, month, subscriptions);
  const terms = { subscriptions, fallback_prices, is_estimate: billed?.is_estimate ?? false };
  const byDay = kindsByDay(terms);
  // Most terms hold all month.
  const isWhole = ranges.length === 0 && byDay.length === 0;
  const sums = isWhole ? wholeSums : await sumUsage(db, { ...month, ranges, kindsByDay: byDay });
  const byCost = kindsByResource(terms).filter((kind) => sums.some((sum) => sum.kind === kind));
  const costs = await costsOf(db, {
    ...month,
    byDay,
    byCost,
    isBilled: billed !== null,
    byDeployment,
    fallback_prices,
    price_overrides,
    currency: profile.currency,
  });
  const rest = costs === null ? sums : sums.filter(({ kind }) => !byCost.includes(kind));
  const amounts = Map.groupBy(billed?.amounts ?? [], ({ deployment_id }) => deployment_id);
  const usage = Map.groupBy([...rest, ...(costs?.usage ?? [])], ({ deployment_id }) => deployment_id);
  const deployments = await inSlices(deploymentSteps({ byDeployment, usage, amounts }));
  return {
    profile,
    input: {
      period,
      currency: profile.currency,
      tax: profile.tax,
      deployments,
      fallback_prices,
      ...own,
      ...(credits.length === 0 ? {} : { credits }),
      ...(costs === null ? {} : { list_prices: costs.list_prices, rates: costs.rates }),
      ...(billed === null ? {} : { bills: billed.bills }),
      ...(terms.is_estimate ? { is_estimate: true } : {}),
      other_lines: [],
    },
  };
};

function* deploymentSteps(found: {
  byDeployment: ReadonlyMap<string, Subscription[]>;
  usage: ReadonlyMap<string, DeploymentUsage[]>;
  amounts: ReadonlyMap<string, DeploymentAmount[]>;
}): Generator<undefined, DeploymentInput[]> {
  const deployments: DeploymentInput[] = [];
  for (const deployment_id of new Set([...found.byDeployment.keys(), ...found.usage.keys()])) {
    deployments.push({
      deployment_id,
      subscriptions: (found.byDeployment.get(deployment_id) ?? []).map(subscriptionTerms),
      usage: (found.usage.get(deployment_id) ?? []).map(usageSum),
      ...(found.amounts.size === 0 ? {} : { billed: (found.amounts.get(deployment_id) ?? []).map(billedAmount) }),
    });
    yield;
  }
  return deployments;
}

/** Rates a tenant's month together with other lines: adjustments, and lines added by hand. */
export const rateTenant = async (
  db: Db,
  month: TenantMonth,
  { otherLines = [], read }: { otherLines?: readonly RatedLine[]; read?: ReadMonth | undefined } = {},
): Promise<RatedMonth> => {
  const { input, profile } = await ratingInput(db, month, read);
  const whole = { ...input, other_lines: [...otherLines] };
  return { input: whole, rating: await inSlices(ratingSteps(whole)), profile };
};

type CostsWanted = TenantMonth & {
  byDay: readonly string[];
  byCost: readonly string[];
  isBilled: boolean;
  byDeployment: ReadonlyMap<string, SubscriptionTerms[]>;
  fallback_prices: FallbackPrice[];
  price_overrides: PriceOverride[];
  currency: string;
};

/**
 * What prices need that rest on the provider's: the usage of their kinds by resource, list prices and exchange rates. Null where
 * there is no such usage and no bill is passed through. An invoice needs the rate of its own period; until one is pinned, previews use the newest before it.
 */
const costsOf = async (
  db: Db,
  wanted: CostsWanted,
): Promise<{ usage: DeploymentUsage[]; list_prices: ListPrice[]; rates: ExchangeRate[] } | null> => {
  const { period, byCost, byDeployment, fallback_prices, price_overrides, currency, asOf } = wanted;
  if (byCost.length === 0 && !wanted.isBilled) return null;
  if (asOf.closeRevision !== 'now') await lockCosts(db, 'use');
  const after = `${addMonths(period, 1)}-01`;
  const known = await listPricesOf(db, withPriceSources(byCost));
  const days = known.map(({ valid_from }) => valid_from);
  const ranges = [...byDeployment].flatMap(([deployment_id, subscriptions]) =>
    rangesOf({ period, fallback_prices, price_overrides }, { deployment_id, subscriptions, after, days }),
  );
  const usage =
    byCost.length === 0
      ? []
      : await sumUsageByResource(db, { ...wanted, ranges, kinds: byCost, kindsByDay: wanted.byDay });
  return {
    usage,
    list_prices: listPricesFor(known, usage, period),
    rates: await exchangeRatesTo(db, { to: currency, period, orEarlier: asOf.closeRevision === 'now' }),
  };
};

type Bills = { bills: ProviderBill[]; amounts: DeploymentAmount[]; is_estimate: boolean };

/** The provider's settled bills of a month, with what they charge for the tenant; null if no plan passes them through. */
const billsFor = async (
  db: Db,
  { tenantId, period, deploymentId, asOf, isEstimate = false }: TenantMonth,
  subscriptions: readonly SubscriptionTerms[],
): Promise<Bills | null> => {
  if (!passesThrough(subscriptions)) return null;
  if (asOf.closeRevision !== 'now') await lockCosts(db, 'use');
  const settled = (await billsOf(db, period)).filter(({ is_settled }) => is_settled);
  const bills = settled.map(({ currency, invoice_number, invoice_uuid }) => ({
    currency,
    invoice_number,
    invoice_uuid,
  }));
  return {
    bills,
    amounts: bills.length === 0 ? [] : await amountsOfTenant(db, { tenantId, period, deploymentId }),
    is_estimate: isEstimate && bills.length === 0,
  };
};

/** In canonical key order. */
const billedAmount = ({
  amount_cents,
  description,
  from,
  invoice_uuid,
  kind,
  line_no,
  resource_id,
  until,
}: DeploymentAmount): BilledAmount => ({
  amount_cents,
  description,
  from,
  invoice_uuid,
  kind,
  line_no,
  resource_id,
  until,
});

/** In canonical key order, and without the fields that it does not have. */
const usageSum = (usage: DeploymentUsage): UsageSum => {
  const { dimension, divisor, from, kind, resource_id, running_seconds, unit_seconds, until } = usage;
  return {
    ...(dimension === undefined ? {} : { dimension }),
    divisor,
    from,
    kind,
    ...(resource_id === undefined ? {} : { resource_id }),
    ...(running_seconds === undefined ? {} : { running_seconds }),
    unit_seconds,
    until,
  };
};

const rangesOf = (
  input: Pick<RatingInput, 'period' | 'fallback_prices' | 'price_overrides'>,
  {
    deployment_id,
    subscriptions,
    after,
    days = [],
  }: {
    deployment_id: string;
    subscriptions: SubscriptionTerms[];
    after: string;
    days?: readonly string[];
  },
): Range[] => {
  const cuts = usageCuts(input, { subscriptions }, days);
  // Most terms hold all month; then usage needs no ranges.
  if (cuts.length === 1) return [];
  return cuts.map((from, index) => ({ deployment_id, from, until: cuts[index + 1] ?? after }));
};

/** The fields that prices depend on, so that equal terms have equal hashes; in canonical key order. */
const subscriptionTerms = ({
  addons,
  ends_at,
  pauses,
  plans,
  starts_at,
  subscription_id,
  trial_ends_at,
}: Subscription): SubscriptionTerms => ({
  addons,
  ends_at,
  pauses,
  plans,
  starts_at,
  subscription_id,
  trial_ends_at,
});
