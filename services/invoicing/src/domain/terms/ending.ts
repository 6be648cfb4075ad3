import { addMonths, dayOf, type Period, periodOf } from '@arcadia/contracts';
import type { Commitment, Discount, PriceOverride } from '../rating/terms.ts';

type Dated = Pick<Discount, 'first_period' | 'last_period'>;
type ByDay = Pick<PriceOverride | Commitment, 'from' | 'until'>;

/** Why a term cannot be ended so; null if it can. */
type Fault = 'already-ended' | null;

/** What has ended cannot be ended again, and an end only moves to an earlier one. */
export const faultOfEnding = ({ last_period }: Dated, end: { lastPeriod: Period; now: Temporal.Instant }): Fault =>
  last_period !== null && (last_period < periodOf(end.now) || last_period <= end.lastPeriod) ? 'already-ended' : null;

export const faultOfEndingDay = ({ until }: ByDay, end: { until: string; now: Temporal.Instant }): Fault =>
  until !== null && (until <= dayOf(end.now) || until <= end.until) ? 'already-ended' : null;

/** The month from which on charges may differ after a discount is ended; the first is where it never held. */
export const endingTouches = ({ first_period }: Dated, lastPeriod: Period): Period =>
  lastPeriod < first_period ? first_period : addMonths(lastPeriod, 1);

export const endingDayTouches = ({ from }: ByDay, until: string): Period =>
  periodOf(Temporal.Instant.from(`${until < from ? from : until}T00:00:00Z`));

/** Whether two terms hold on a day in common. */
export const overlaps = (a: ByDay, b: ByDay): boolean =>
  !isNever(a) && !isNever(b) && (a.until === null || b.from < a.until) && (b.until === null || a.from < b.until);

const isNever = ({ from, until }: ByDay): boolean => until !== null && until <= from;

/** Whether two price overrides replace the same price. */
export const isSamePrice = (a: PriceOverride, b: PriceOverride): boolean =>
  a.plan_code === b.plan_code &&
  a.subscription_id === b.subscription_id &&
  a.kind === b.kind &&
  a.dimension === b.dimension;
