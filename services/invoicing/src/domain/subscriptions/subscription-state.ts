import type { PlanTerms, SubscriptionTerms } from '../rating/terms.ts';
import { nextPeriodStart } from './change-moments.ts';

export type SubscriptionStatus = 'scheduled' | 'trial' | 'active' | 'paused' | 'cancelled';

const order = (a: Temporal.Instant, b: Temporal.Instant): number => Temporal.Instant.compare(a, b);
const instant = (text: string): Temporal.Instant => Temporal.Instant.from(text);
const isAtOrBefore = (text: string, at: Temporal.Instant): boolean => order(instant(text), at) <= 0;
const isAfter = (text: string | null, at: Temporal.Instant): boolean => text === null || order(instant(text), at) > 0;

export const isPausedAt = (subscription: SubscriptionTerms, at: Temporal.Instant): boolean =>
  subscription.pauses.some(({ from, until }) => isAtOrBefore(from, at) && isAfter(until, at));

export const statusAt = (subscription: SubscriptionTerms, at: Temporal.Instant): SubscriptionStatus => {
  if (!isAfter(subscription.ends_at, at)) return 'cancelled';
  if (!isAtOrBefore(subscription.starts_at, at)) return 'scheduled';
  if (isPausedAt(subscription, at)) return 'paused';
  return subscription.trial_ends_at !== null && isAfter(subscription.trial_ends_at, at) ? 'trial' : 'active';
};

/** The version in force; before the start, the one it will start with. */
export const planAt = (subscription: SubscriptionTerms, at: Temporal.Instant): PlanTerms => {
  const plan = (subscription.plans.findLast(({ from }) => isAtOrBefore(from, at)) ?? subscription.plans[0])?.plan;
  if (plan === undefined) throw new Error(`subscription ${subscription.subscription_id} has no plan`);
  return plan;
};

/** The versions that a change of plan at an instant takes the place of, up to the end of the running month: the one in force, and later ones. */
export const plansReplaced = (
  subscription: SubscriptionTerms,
  at: Temporal.Instant,
  now: Temporal.Instant,
): PlanTerms[] => [
  planAt(subscription, at),
  ...subscription.plans
    .filter(({ from }) => order(instant(from), at) >= 0 && order(instant(from), nextPeriodStart(now)) < 0)
    .map(({ plan }) => plan),
];

/** The subscription that is in force at an instant, else the next to come. */
export const liveAt = <S extends SubscriptionTerms>(subscriptions: readonly S[], at: Temporal.Instant): S | null =>
  subscriptions.find(({ starts_at, ends_at }) => isAtOrBefore(starts_at, at) && isAfter(ends_at, at)) ??
  subscriptions.find(({ ends_at }) => isAfter(ends_at, at)) ??
  null;

/** When a deployment was subscribed first: no month before it costs anything. At least one subscription is given. */
export const firstStart = (all: readonly SubscriptionTerms[]): Temporal.Instant =>
  all.map(({ starts_at }) => instant(starts_at)).reduce((first, start) => (order(start, first) < 0 ? start : first));

export const laterOf = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant => (order(a, b) > 0 ? a : b);

/** Whether two half-open spans have an instant in common. */
export const overlaps = (
  a: { starts_at: string; ends_at: string | null },
  b: { starts_at: string; ends_at: string | null },
): boolean =>
  isAfter(a.ends_at, instant(b.starts_at)) &&
  isAfter(b.ends_at, instant(a.starts_at)) &&
  a.starts_at !== a.ends_at &&
  b.starts_at !== b.ends_at;

/**
 * The instants, from `after` on, at which a subscription is known to change; `after` is included. Its terms are published for each
 * of them, so that consumers need no calendar of their own.
 */
export const changesFrom = (subscription: SubscriptionTerms, after: Temporal.Instant): Temporal.Instant[] => {
  const texts = [
    subscription.starts_at,
    subscription.ends_at,
    subscription.trial_ends_at,
    ...subscription.plans.map(({ from }) => from),
    ...subscription.pauses.flatMap(({ from, until }) => [from, until]),
    ...subscription.addons.flatMap(({ starts_at, ends_at }) => [starts_at, ends_at]),
  ];
  const later = texts.flatMap((text) => (text === null ? [] : [instant(text)])).filter((at) => order(at, after) > 0);
  const inside = later.filter(
    (at) =>
      isAtOrBefore(subscription.starts_at, at) &&
      !(subscription.ends_at !== null && order(at, instant(subscription.ends_at)) > 0),
  );
  const unique = [...new Map([after, ...inside].map((at) => [at.epochNanoseconds, at])).values()];
  return unique.toSorted(order);
};
