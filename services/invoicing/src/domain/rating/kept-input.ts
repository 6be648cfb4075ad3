import type { RatingInput } from './rate.ts';
import type { PlanTerms, SubscriptionTerms } from './terms.ts';

type KeptSubscription = Omit<SubscriptionTerms, 'plans'> & {
  /** The plan by its place among `plans` of the input; in invoices of earlier versions its terms themselves. */
  plans: { from: string; plan: number | PlanTerms }[];
};

/**
 * What the rating of an invoice read, as the invoice keeps it: the terms of each plan stand once in `plans`, however many deployments
 * are on it. Invoices of earlier versions have no `plans`; each of their subscriptions repeats the terms.
 */
export type KeptInput = Omit<RatingInput, 'deployments'> & {
  plans?: PlanTerms[];
  deployments: (Omit<RatingInput['deployments'][number], 'subscriptions'> & { subscriptions: KeptSubscription[] })[];
};

export const keptInput = (input: RatingInput): KeptInput => {
  const places = new Map<PlanTerms, number>();
  const placeOf = (plan: PlanTerms): number => {
    const place = places.get(plan) ?? places.size;
    places.set(plan, place);
    return place;
  };
  const deployments = input.deployments.map((deployment) => ({
    ...deployment,
    subscriptions: deployment.subscriptions.map((subscription) => ({
      ...subscription,
      plans: subscription.plans.map(({ from, plan }) => ({ from, plan: placeOf(plan) })),
    })),
  }));
  return { ...input, plans: [...places.keys()], deployments };
};

/** @throws if a subscription names a plan that is not there */
export const wholeInput = ({ plans = [], ...input }: KeptInput): RatingInput => ({
  ...input,
  deployments: input.deployments.map((deployment) => ({
    ...deployment,
    subscriptions: wholeSubscriptions(deployment.subscriptions, plans),
  })),
});

/** The subscriptions of one deployment with the terms of their plans. */
export const wholeSubscriptions = (
  subscriptions: readonly KeptSubscription[],
  plans: readonly PlanTerms[],
): SubscriptionTerms[] =>
  subscriptions.map((subscription) => ({
    ...subscription,
    plans: subscription.plans.map(({ from, plan }) => {
      const terms = typeof plan === 'number' ? plans[plan] : plan;
      if (terms === undefined)
        throw new Error(`subscription ${subscription.subscription_id} names plan ${String(plan)} of ${plans.length}`);
      return { from, plan: terms };
    }),
  }));
