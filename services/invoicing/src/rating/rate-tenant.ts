import { addMonths, type Period, periodInterval } from '@arcadia/contracts';
import { type Rating, type RatingInput, rate, usageCuts } from '../domain/rating/rate.ts';
import type { RatedLine } from '../domain/rating/rated-line.ts';
import type { DeploymentInput, SubscriptionTerms, UsageSum } from '../domain/rating/terms.ts';
import { kindsByDay } from '../domain/rating/usage-detail.ts';
import { fallbackPrices } from '../store/catalog/prices.ts';
import type { BillingProfileRow, Db } from '../store/schema.ts';
import { type Subscription, subscriptionsDuring } from '../store/subscriptions/subscriptions.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { type AsOf, type DeploymentUsage, type Range, sumUsage } from '../store/usage/usage-facts.ts';

export type TenantMonth = { tenantId: string; period: Period; asOf: AsOf; deploymentId?: string | undefined };

export type RatedMonth = { input: RatingInput; rating: Rating; profile: BillingProfileRow };

/** The input for rating a tenant's month: its terms as known now, and its usage as of a close. */
export const ratingInput = async (
  db: Db,
  month: TenantMonth,
): Promise<{ input: RatingInput; profile: BillingProfileRow }> => {
  const { tenantId, period, deploymentId } = month;
  const profile = await findBillingProfile(db, tenantId);
  const after = `${addMonths(period, 1)}-01`;
  const subscriptions = await subscriptionsDuring(db, { tenantId, deploymentId, ...periodInterval(period) });
  const fallback_prices = await fallbackPrices(db, { currency: profile.currency, before: after });
  const byDeployment = Map.groupBy(subscriptions, ({ deployment_id }) => deployment_id);
  const ranges = [...byDeployment].flatMap(([deployment_id, own]) =>
    rangesOf({ period, fallback_prices }, { deployment_id, subscriptions: own, after }),
  );
  const byDay = kindsByDay({ subscriptions, fallback_prices });
  const sums = await sumUsage(db, { ...month, ranges, kindsByDay: byDay });
  const usage = Map.groupBy(sums, ({ deployment_id }) => deployment_id);
  const deployments = [...new Set([...byDeployment.keys(), ...usage.keys()])].map(
    (deployment_id): DeploymentInput => ({
      deployment_id,
      subscriptions: (byDeployment.get(deployment_id) ?? []).map(subscriptionTerms),
      usage: (usage.get(deployment_id) ?? []).map(usageSum),
    }),
  );
  return {
    profile,
    input: { period, currency: profile.currency, tax: profile.tax, deployments, fallback_prices, other_lines: [] },
  };
};

/** Rates a tenant's month together with other lines: adjustments, and lines added by hand. */
export const rateTenant = async (
  db: Db,
  month: TenantMonth,
  otherLines: readonly RatedLine[] = [],
): Promise<RatedMonth> => {
  const { input, profile } = await ratingInput(db, month);
  const whole = { ...input, other_lines: [...otherLines] };
  return { input: whole, rating: rate(whole), profile };
};

/** In canonical key order. */
const usageSum = ({ dimension, divisor, from, kind, unit_seconds, until }: DeploymentUsage): UsageSum =>
  dimension === undefined
    ? { divisor, from, kind, unit_seconds, until }
    : { dimension, divisor, from, kind, unit_seconds, until };

const rangesOf = (
  input: Pick<RatingInput, 'period' | 'fallback_prices'>,
  { deployment_id, subscriptions, after }: { deployment_id: string; subscriptions: SubscriptionTerms[]; after: string },
): Range[] => {
  const cuts = usageCuts(input, { subscriptions });
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
