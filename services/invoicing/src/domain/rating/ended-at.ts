import type { RatingInput } from './rate.ts';

/** The same month as if every subscription ended at midnight before this day at the latest, with the usage up to then. */
export const endedBefore = (input: RatingInput, day: string): RatingInput => {
  const end = Temporal.Instant.from(`${day}T00:00:00Z`);
  return {
    ...input,
    deployments: input.deployments.map(({ deployment_id, subscriptions, usage }) => ({
      deployment_id,
      subscriptions: subscriptions
        .filter(({ starts_at }) => Temporal.Instant.compare(starts_at, end) < 0)
        .map((subscription) => ({ ...subscription, ends_at: earlier(subscription.ends_at, end) })),
      usage: usage
        .filter(({ from }) => from < day)
        .map((sum) => ({ ...sum, until: sum.until < day ? sum.until : day })),
    })),
  };
};

const earlier = (a: string | null, b: Temporal.Instant): string =>
  a === null || Temporal.Instant.compare(a, b) > 0 ? b.toString() : a;
