import type { Period } from '@arcadia/contracts';
import { type DayTerms, periodDays, type Reach, reachOf, touches } from './calendar.ts';
import type { AttachedAddon, SubscriptionTerms } from './terms.ts';

/** An addon with the days (positions in the period) it was attached on, within its own subscription. */
export type Attachment = { addon: AttachedAddon; subscription: SubscriptionTerms; days: number[] };

type Placed = Attachment & { reach: Reach };

/** Attachments of one addon that follow each other in time: at any instant at most one is in force. */
export type Chain = { code: string; attachments: Attachment[] };

const place = (period: Period, calendar: readonly (DayTerms | null)[], subscription: SubscriptionTerms): Placed[] => {
  if (subscription.addons.length === 0) return [];
  const { reaches } = periodDays(period);
  const whole = reachOf(subscription.starts_at, subscription.ends_at);
  return subscription.addons.map((addon) => {
    const own = reachOf(addon.starts_at, addon.ends_at);
    const reach = { start: Math.max(own.start, whole.start), end: Math.min(own.end, whole.end) };
    const held = reaches.flatMap((day, index) =>
      calendar[index]?.subscription === subscription && touches(day, reach) ? [index] : [],
    );
    return { addon, subscription, days: held, reach };
  });
};

/**
 * The addons of a deployment in a period; those of one code that follow each other are one chain, so that attaching an addon
 * again is not charged as a second one. A day on which one ends and the next begins belongs to the later one.
 */
export const chainsOf = (
  period: Period,
  calendar: readonly (DayTerms | null)[],
  subscriptions: readonly SubscriptionTerms[],
): Chain[] => {
  const placed = subscriptions
    .flatMap((subscription) => place(period, calendar, subscription))
    .filter(({ reach }) => reach.start < reach.end)
    .toSorted((a, b) => a.reach.start - b.reach.start || (a.addon.addon_id < b.addon.addon_id ? -1 : 1));
  const chains: { code: string; attachments: Placed[] }[] = [];
  for (const next of placed) {
    const chain = chains.find(
      ({ code, attachments }) => code === next.addon.code && (attachments.at(-1)?.reach.end ?? 0) <= next.reach.start,
    );
    if (chain === undefined) {
      chains.push({ code: next.addon.code, attachments: [next] });
      continue;
    }
    const taken = new Set(next.days);
    for (const earlier of chain.attachments) earlier.days = earlier.days.filter((day) => !taken.has(day));
    chain.attachments.push(next);
  }
  return chains.map(({ code, attachments }) => ({
    code,
    attachments: attachments.filter(({ days }) => days.length > 0),
  }));
};
