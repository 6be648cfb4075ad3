import { addMonths, type EventData, invoicing, periodInterval, periodOf, type RequestOutput } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import type { FallbackPrice, TaxPolicy } from '../domain/rating/terms.ts';
import { changesFrom, planAt, statusAt } from '../domain/subscriptions/subscription-state.ts';
import { fallbackPrices } from '../store/catalog/prices.ts';
import { takeRevisions } from '../store/subscriptions/subscription-changes.ts';
import { type Subscription, subscriptionById, termsOf } from '../store/subscriptions/subscriptions.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { reRateMonths } from '../terms/re-rate-months.ts';

type Published = EventData<typeof invoicing.subscriptionChanged>;

/**
 * Publishes a subscription with its terms from an instant on, and again for each later instant at which it is known to change.
 * Months already invoiced from that instant on are corrected, since their terms may have changed.
 */
export const publishSubscription = async (
  tx: Tx,
  change: { subscriptionId: string; from: Temporal.Instant; now: Temporal.Instant; reason?: string | undefined },
): Promise<Subscription> => {
  const subscription = await subscriptionById(tx.sql, change.subscriptionId);
  const { tax } = await findBillingProfile(tx.sql, subscription.tenant_id);
  const prices = await fallbackPrices(tx.sql, { currency: subscription.currency, before: '9999-12-31' });
  const instants = changesFrom(subscription, change.from);
  const first = await takeRevisions(tx.sql, subscription.subscription_id, instants.length);
  for (const [index, at] of instants.entries()) {
    const terms = publishedAt(subscription, { at, revision: first + index, tax, prices });
    const data = change.reason === undefined || index > 0 ? terms : { ...terms, reason: change.reason };
    await tx.publish(invoicing.subscriptionChanged, data, { occurredAt: change.now });
  }
  const { subscription_id, tenant_id: tenantId } = subscription;
  await reRateMonths(tx, { tenantId, from: periodOf(change.from), cause: `${subscription_id}:${first}` });
  return { ...subscription, revision: first + instants.length - 1 };
};

const publishedAt = (
  subscription: Subscription,
  given: { at: Temporal.Instant; revision: number; tax: TaxPolicy; prices: FallbackPrice[] },
): Published => {
  const status = statusAt(subscription, given.at);

  return {
    subscription_id: subscription.subscription_id,
    deployment_id: subscription.deployment_id,
    tenant_id: subscription.tenant_id,
    revision: given.revision,
    status: status === 'scheduled' ? 'active' : status,
    effective_at: given.at.toString(),
    starts_at: subscription.starts_at,
    ends_at: subscription.ends_at,
    trial_ends_at: subscription.trial_ends_at,
    plan: termsOf(planAt(subscription, given.at)),
    addons: subscription.addons,
    fallback_prices: given.prices,
    tax: given.tax,
  };
};

/** A subscription as the API shows it, with its status at an instant and the calendar month of that instant. */
export const subscriptionView = (
  subscription: Subscription,
  now: Temporal.Instant,
): RequestOutput<typeof invoicing.subscribe> => {
  const plan = planAt(subscription, now);
  const { start } = periodInterval(periodOf(now));
  const { start: end } = periodInterval(addMonths(periodOf(now), 1));
  return {
    subscription_id: subscription.subscription_id,
    deployment_id: subscription.deployment_id,
    tenant_id: subscription.tenant_id,
    status: statusAt(subscription, now),
    revision: subscription.revision,
    plan_code: plan.code,
    plan_version: plan.version,
    base_price_cents: plan.base_price_cents,
    currency: plan.currency,
    proration: plan.proration,
    starts_at: subscription.starts_at,
    ends_at: subscription.ends_at,
    trial_ends_at: subscription.trial_ends_at,
    current_period_start: start.toString(),
    current_period_end: end.toString(),
    plans: subscription.plans.map(({ from, plan: { code, version } }) => ({
      effective_at: from,
      plan_code: code,
      plan_version: version,
    })),
    pauses: subscription.pauses,
    addons: subscription.addons.map(({ code, ...addon }) => ({ ...addon, addon_code: code })),
  };
};
