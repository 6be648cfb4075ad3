import { addMonths, daysOf, type Period } from '@arcadia/contracts';
import { type Chain, chainsOf } from './attachments.ts';
import { calendarOf, type DayTerms, type Span, spansOf } from './calendar.ts';
import type { DeploymentInput, PlanTerms, Proration } from './terms.ts';

/** A deployment's month, read from its subscriptions: what rating decides from. */
export type Month = {
  period: Period;
  deployment_id: string;
  days: string[];
  /** First day after the period. */
  after: string;
  calendar: (DayTerms | null)[];
  /** Out of trial, in order. */
  spans: Span[];
  chains: Chain[];
  /** Of the version in force at the month's end, or when the last subscription ended; null: nobody pays. */
  plan: PlanTerms | null;
  proration: Proration;
};

/**
 * Reads a month. How it is prorated is for the version in force at its end to say, also over earlier versions of the same
 * month: a month half whole and half by days would bill some days twice.
 */
export const monthOf = (period: Period, input: DeploymentInput): Month => {
  const days = daysOf(period);
  const calendar = calendarOf(period, input.subscriptions);
  const spans = spansOf(period, calendar).filter(({ state }) => state !== 'trial');
  const plan = spans.at(-1)?.plan ?? null;
  return {
    period,
    deployment_id: input.deployment_id,
    days,
    after: `${addMonths(period, 1)}-01`,
    calendar,
    spans,
    chains: chainsOf(period, calendar, input.subscriptions),
    plan,
    proration: plan?.proration ?? 'none',
  };
};

/** The days on which something is paid for: out of trial, and under `daily` also not paused. */
export const paidDays = (month: Month): Set<number> =>
  new Set(month.spans.flatMap(({ state, days }) => (month.proration === 'none' || state === 'active' ? days : [])));
