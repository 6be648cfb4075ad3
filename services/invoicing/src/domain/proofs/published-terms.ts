import type { EventData, invoicing } from '@arcadia/contracts';
import type { SubscriptionTerms } from '../rating/terms.ts';

type Said = EventData<typeof invoicing.subscriptionChanged>;

/**
 * The subscriptions that `subscription.changed` tells of, with their whole history. What a revision says holds from its
 * `effective_at` on, and takes the place of all that lower ones said of that time and later.
 */
export const publishedTerms = (said: readonly Said[]): { deploymentId: string; terms: SubscriptionTerms }[] =>
  [...Map.groupBy(said, ({ subscription_id }) => subscription_id).values()].map((own) => {
    const timeline: Said[] = [];
    let newest = own[0] as Said;
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

const plansOf = (timeline: readonly Said[]): SubscriptionTerms['plans'] => {
  const plans: SubscriptionTerms['plans'] = [];
  for (const { effective_at, plan } of timeline) {
    const last = plans.at(-1)?.plan;
    if (last?.code !== plan.code || last.version !== plan.version) plans.push({ from: effective_at, plan });
  }
  return plans;
};

const pausesOf = (timeline: readonly Said[]): SubscriptionTerms['pauses'] => {
  const pauses: SubscriptionTerms['pauses'] = [];
  for (const { effective_at, status } of timeline) {
    const last = pauses.at(-1);
    if (status === 'paused' && last?.until !== null) pauses.push({ from: effective_at, until: null });
    else if (status !== 'paused' && last?.until === null) last.until = effective_at;
  }
  return pauses;
};
