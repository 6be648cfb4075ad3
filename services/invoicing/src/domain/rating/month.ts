import type { Period } from '@arcadia/contracts';
import { type Chain, chainsOf } from './attachments.ts';
import { calendarOf, type DayTerms, periodDays, type Span, spansOf } from './calendar.ts';
import type { DeploymentInput, PlanTerms, Proration } from './terms.ts';

/** A deployment's month, derived from its subscriptions, as rating needs it. */
export type Month = {
  period: Period;
  deployment_id: string;
  days: readonly string[];
  positions: ReadonlyMap<string, number>;
  /** First day after the period. */
  after: string;
  calendar: (DayTerms | null)[];
  /** Out of trial, in order. */
  spans: Span[];
  /** The version in force at the month's end, or when the last subscription ended; null if no day is paid. */
  plan: PlanTerms | null;
  proration: Proration;
  /** The paid days: out of trial, and under `daily` also not paused. */
  paid: ReadonlySet<number>;
  /** The addons with their paid days only; those without any are left out. */
  paidChains: Chain[];
};

/**
 * Derives a month. The version in force at its end decides the proration, also for earlier versions of the same month: a month
 * half whole and half by days would bill some days twice.
 */
export const monthOf = (period: Period, input: DeploymentInput): Month => {
  const { names, positions, after } = periodDays(period);
  const calendar = calendarOf(period, input.subscriptions);
  const spans = spansOf(period, calendar).filter(({ state }) => state !== 'trial');
  const plan = spans.at(-1)?.plan ?? null;
  const proration = plan?.proration ?? 'none';
  const paid = new Set(spans.flatMap(({ state, days }) => (proration === 'none' || state === 'active' ? days : [])));
  const chains = chainsOf(period, calendar, input.subscriptions);
  return {
    period,
    deployment_id: input.deployment_id,
    days: names,
    positions,
    after,
    calendar,
    spans,
    plan,
    proration,
    paid,
    paidChains: paidOf(chains, paid),
  };
};

const paidOf = (chains: readonly Chain[], paid: ReadonlySet<number>): Chain[] =>
  chains
    .map(({ code, attachments }) => ({
      code,
      attachments: attachments
        .map((one) => ({ ...one, days: one.days.filter((day) => paid.has(day)) }))
        .filter(({ days }) => days.length > 0),
    }))
    .filter(({ attachments }) => attachments.length > 0);
