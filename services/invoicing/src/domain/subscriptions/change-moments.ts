import { addMonths, dayOf, periodInterval, periodOf, startOfDay } from '@arcadia/contracts';
import type { PlanTerms, SubscriptionTerms } from '../rating/terms.ts';

/** An instant at which a change may take effect. A guarded one only counts if the running month then costs no less than before. */
export type Moment = { at: Temporal.Instant; isGuarded: boolean };

/** The first instant of the calendar month after this one. */
export const nextPeriodStart = (now: Temporal.Instant): Temporal.Instant =>
  periodInterval(addMonths(periodOf(now), 1)).start;

/** The first instant of the UTC day after this one. */
export const nextDayStart = (now: Temporal.Instant): Temporal.Instant =>
  startOfDay(Temporal.PlainDate.from(dayOf(now)).add({ days: 1 }));

/**
 * The instants at which a tenant's change may take effect, earliest first. Where the whole month is billed by days, the days until
 * midnight are paid at the old terms and stay so; otherwise the last terms of a month price all of it, so a cheaper one waits for
 * the next month. The day of a change belongs to the new terms, therefore not even a month of days allows `now`.
 */
export const momentsOf = (change: { isCheaper: boolean; isDaily: boolean }, now: Temporal.Instant): Moment[] => {
  const [day, period] = [nextDayStart(now), nextPeriodStart(now)];
  return [
    ...(change.isCheaper ? [] : [{ at: now, isGuarded: true }]),
    ...(change.isDaily && Temporal.Instant.compare(day, period) < 0 ? [{ at: day, isGuarded: false }] : []),
    { at: period, isGuarded: false },
  ];
};

/**
 * The instants at which a tenant's addon may be attached, earliest first. What an addon includes by days covers usage of the same plan
 * from before it was attached too, so that each of them in the running month is guarded.
 */
export const momentsOfAttaching = (isDaily: boolean, now: Temporal.Instant): Moment[] =>
  momentsOf({ isCheaper: false, isDaily }, now).map(({ at }) => ({
    at,
    isGuarded: Temporal.Instant.compare(at, nextPeriodStart(now)) < 0,
  }));

/** The instant at which a tenant's cancellation takes effect: with the month, or with the trial if that ends before. */
export const momentOfCancelling = (
  { trial_ends_at }: Pick<SubscriptionTerms, 'trial_ends_at'>,
  now: Temporal.Instant,
): Moment => {
  const period = nextPeriodStart(now);
  const trial = trial_ends_at === null ? period : Temporal.Instant.from(trial_ends_at);
  const isInTrial = Temporal.Instant.compare(trial, now) > 0 && Temporal.Instant.compare(trial, period) < 0;
  return { at: isInTrial ? trial : period, isGuarded: false };
};

/** Whether each plan that is in force at any time of the calendar month of an instant is billed by days. */
export const isBilledByDays = (subscriptions: readonly SubscriptionTerms[], now: Temporal.Instant): boolean =>
  plansDuring(subscriptions, periodInterval(periodOf(now))).every(({ proration }) => proration === 'daily');

const plansDuring = (
  subscriptions: readonly SubscriptionTerms[],
  span: { start: Temporal.Instant; end: Temporal.Instant },
): PlanTerms[] =>
  subscriptions.flatMap(({ starts_at, ends_at, plans }) =>
    plans.flatMap(({ from, plan }, index) => {
      const start = index === 0 ? starts_at : from;
      const until = plans[index + 1]?.from ?? ends_at;
      const isBegun = Temporal.Instant.compare(start, span.end) < 0;
      return isBegun && (until === null || Temporal.Instant.compare(until, span.start) > 0) ? [plan] : [];
    }),
  );
