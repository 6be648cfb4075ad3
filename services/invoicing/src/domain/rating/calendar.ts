import { addMonths, daysOf, type Period, startOfDay } from '@arcadia/contracts';
import type { PlanTerms, SubscriptionTerms } from './terms.ts';

/** The terms of a deployment on one UTC day: its subscription, its plan, and whether it pays. */
export type DayTerms = { subscription: SubscriptionTerms; plan: PlanTerms; state: 'active' | 'paused' | 'trial' };

/** A run of days with the same terms. `days` are positions in the period, ascending and without gaps. */
export type Span = DayTerms & { first: string; last: string; days: number[] };

/** A half-open span in milliseconds since 1970; a span without an end ends at infinity. */
export type Reach = { start: number; end: number };

export const reachOf = (from: string, until: string | null): Reach => ({
  start: Temporal.Instant.from(from).epochMilliseconds,
  end: until === null ? Number.POSITIVE_INFINITY : Temporal.Instant.from(until).epochMilliseconds,
});

/** A period's days: their names in order, where each one begins and ends, and the first day after them. */
export type PeriodDays = {
  names: readonly string[];
  reaches: readonly Reach[];
  positions: ReadonlyMap<string, number>;
  after: string;
};

const known = new Map<Period, PeriodDays>();

/** Computed once per month, because each deployment of each tenant needs it. */
export const periodDays = (period: Period): PeriodDays => {
  const found = known.get(period);
  if (found !== undefined) return found;
  const names = daysOf(period);
  const reaches = names.map((day) => {
    const start = startOfDay(day).epochMilliseconds;
    return { start, end: start + 86_400_000 };
  });
  const positions = new Map(names.map((day, index) => [day, index]));
  const days = { names, reaches, positions, after: `${addMonths(period, 1)}-01` };
  known.set(period, days);
  return days;
};

/** Whether a half-open span overlaps a day: then the whole day is paid, also the first and the last. */
export const touches = (day: Reach, span: Reach): boolean =>
  span.start < span.end && span.start < day.end && span.end > day.start;

/** A subscription with its instants parsed once, since each day of a month needs them. */
type Timeline = Reach & {
  subscription: SubscriptionTerms;
  paysFrom: number;
  plans: { start: number; plan: PlanTerms }[];
  pauses: Reach[];
};

const timelines = new WeakMap<SubscriptionTerms, Timeline>();

/** Computed once for each subscription, because its days are cut, rated and examined for what they wait for. */
const timelineOf = (subscription: SubscriptionTerms): Timeline => {
  const timeline = timelines.get(subscription) ?? parsedTimeline(subscription);
  timelines.set(subscription, timeline);
  return timeline;
};

const parsedTimeline = (subscription: SubscriptionTerms): Timeline => ({
  ...reachOf(subscription.starts_at, subscription.ends_at),
  subscription,
  paysFrom:
    subscription.trial_ends_at === null
      ? Number.NEGATIVE_INFINITY
      : Temporal.Instant.from(subscription.trial_ends_at).epochMilliseconds,
  plans: subscription.plans.map(({ from, plan }) => ({ start: Temporal.Instant.from(from).epochMilliseconds, plan })),
  pauses: subscription.pauses.map(({ from, until }) => reachOf(from, until)).toSorted((a, b) => a.start - b.start),
});

/** The plan of a day is the last one that began before the day was over: a change's day belongs to the new version alone. */
const planOn = (timeline: Timeline, day: Reach): PlanTerms | undefined => {
  const bound = Math.min(day.end, timeline.end);
  return timeline.plans.findLast(({ start }, index) => index === 0 || start < bound)?.plan;
};

const isPausedThroughout = (timeline: Timeline, span: Reach): boolean => {
  let covered = span.start;
  for (const pause of timeline.pauses) if (pause.start <= covered) covered = Math.max(covered, pause.end);
  return covered >= span.end;
};

const termsOn = (timeline: Timeline, day: Reach): DayTerms | null => {
  if (!touches(day, timeline)) return null;
  const plan = planOn(timeline, day);
  if (plan === undefined) return null;
  const { subscription } = timeline;
  const start = Math.max(day.start, timeline.start, timeline.paysFrom);
  const end = Math.min(day.end, timeline.end);
  if (start >= end) return { subscription, plan, state: 'trial' };
  return { subscription, plan, state: isPausedThroughout(timeline, { start, end }) ? 'paused' : 'active' };
};

/** The terms of a subscription that does not change in the month, as most do not; null if it does. */
const unchangedTerms = (period: Period, timeline: Timeline): DayTerms | null => {
  const { reaches } = periodDays(period);
  const [first, last] = [reaches[0], reaches.at(-1)];
  const [plan, ...later] = timeline.plans;
  if (first === undefined || last === undefined || plan === undefined) return null;
  const isWhole = timeline.start <= first.start && timeline.end >= last.end && timeline.paysFrom <= first.start;
  if (!isWhole || later.length > 0 || timeline.pauses.length > 0) return null;
  return { subscription: timeline.subscription, plan: plan.plan, state: 'active' };
};

const rank = { active: 2, paused: 1, trial: 0 } as const;

export const isSameTerms = (a: DayTerms, b: DayTerms): boolean =>
  a.subscription === b.subscription &&
  a.plan.code === b.plan.code &&
  a.plan.version === b.plan.version &&
  a.plan.own_price_key === b.plan.own_price_key &&
  a.state === b.state;

/**
 * The terms of each day of a period; null on a day without a subscription. A day on which one subscription ends and the next
 * begins belongs to the later one, unless only the earlier one pays for it.
 */
export const calendarOf = (period: Period, subscriptions: readonly SubscriptionTerms[]): (DayTerms | null)[] => {
  const inOrder = subscriptions.map(timelineOf).toSorted((a, b) => a.start - b.start);
  const unchanged = inOrder.length === 1 && inOrder[0] !== undefined ? unchangedTerms(period, inOrder[0]) : null;
  if (unchanged !== null) return periodDays(period).reaches.map(() => unchanged);
  let before: DayTerms | null = null;
  return periodDays(period).reaches.map((day) => {
    let best: DayTerms | null = null;
    for (const timeline of inOrder) {
      const terms = termsOn(timeline, day);
      if (terms !== null && (best === null || rank[terms.state] >= rank[best.state])) best = terms;
    }
    // Days with equal terms share one object, so that comparing them costs nothing.
    if (before === null || best === null || !isSameTerms(before, best)) before = best;
    return before;
  });
};

/** The runs of equal terms in a calendar; days without a subscription are in none of them. */
export const spansOf = (period: Period, calendar: readonly (DayTerms | null)[]): Span[] => {
  const { names: days } = periodDays(period);
  const spans: Span[] = [];
  calendar.forEach((terms, index) => {
    if (terms === null) return;
    const day = days[index] ?? '';
    const last = spans.at(-1);
    if (last !== undefined && last.days.at(-1) === index - 1 && isSameTerms(last, terms)) {
      last.days.push(index);
      last.last = day;
    } else spans.push({ ...terms, first: day, last: day, days: [index] });
  });
  return spans;
};

/**
 * The days at which a new sum of usage must begin: the first of the period, and every day with other terms than the day before.
 * `priceDays`, on which a fallback price changes, are cuts too, since the price of a kind may change within a span.
 */
export const cutsOf = (
  period: Period,
  subscriptions: readonly SubscriptionTerms[],
  priceDays: readonly string[] = [],
): string[] => {
  const { names: days, positions } = periodDays(period);
  const cuts = new Set([days[0] ?? '', ...priceDays.filter((day) => positions.has(day))]);
  for (const span of spansOf(period, calendarOf(period, subscriptions))) {
    cuts.add(span.first);
    const after = days[(span.days.at(-1) ?? 0) + 1];
    if (after !== undefined) cuts.add(after);
  }
  return [...cuts].toSorted();
};
