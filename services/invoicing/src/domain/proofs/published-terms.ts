import type { EventData, invoicing } from '@arcadia/contracts';
import type { SubscriptionTerms } from '../rating/terms.ts';

type Published = EventData<typeof invoicing.subscriptionChanged>;

/**
 * The subscriptions published by `subscription.changed`, with their whole history. The terms of a revision hold from its
 * `effective_at` on and replace the terms of lower revisions for that time and later.
 */
export const publishedTerms = (published: readonly Published[]): { deploymentId: string; terms: SubscriptionTerms }[] =>
  [...Map.groupBy(published, ({ subscription_id }) => subscription_id).values()].map((own) => {
    const timeline: Published[] = [];
    let newest = own[0] as Published;
    for (const each of own.toSorted((a, b) => a.revision - b.revision)) {
      const kept = timeline.findIndex(
        ({ effective_at }) => Temporal.Instant.compare(effective_at, each.effective_at) >= 0,
      );
      if (kept !== -1) timeline.length = kept;
      timeline.push(each);
      newest = each;
    }
    const { subscription_id, deployment_id, starts_at, ends_at, trial_ends_at, addons } = newest;
    const [plans, pauses] = [plansOf(timeline), pausesOf(timeline)];
    return {
      deploymentId: deployment_id,
      terms: { subscription_id, starts_at, ends_at, trial_ends_at, addons, plans, pauses },
    };
  });

const plansOf = (timeline: readonly Published[]): SubscriptionTerms['plans'] => {
  const plans: SubscriptionTerms['plans'] = [];
  for (const { effective_at, plan } of timeline) {
    const last = plans.at(-1)?.plan;
    if (last?.code !== plan.code || last.version !== plan.version) plans.push({ from: effective_at, plan });
  }
  return plans;
};

const pausesOf = (timeline: readonly Published[]): SubscriptionTerms['pauses'] => {
  const pauses: SubscriptionTerms['pauses'] = [];
  for (const { effective_at, status } of timeline) {
    const last = pauses.at(-1);
    if (status === 'paused' && last?.until !== null) pauses.push({ from: effective_at, until: null });
    else if (status !== 'paused' && last?.until === null) last.until = effective_at;
  }
  return pauses;
};
