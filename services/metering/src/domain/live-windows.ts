import { dayInterval, dayOf } from '@arcadia/contracts';
import {
  daysBetween,
  divisorOf,
  earlier,
  isTouched,
  type MeteredKind,
  type Range,
  spansOf,
  type Window,
} from './windows.ts';

/** Live usage looks back at most so many days; what is older and not metered waits for its metering. */
const farthestDays = 62;

export type LiveOptions = Range & {
  /** Up to where facts stand, by day. */
  accrued: ReadonlyMap<string, Temporal.Instant>;
  kindsOn: (day: string) => readonly MeteredKind[];
};

/** The days of a range that live usage looks at. */
export const recentDays = ({ from, to, now }: Range): string[] => {
  const last = earlier(to, now).subtract({ nanoseconds: 1 });
  const first = later(from, now.subtract({ hours: 24 * farthestDays }));
  return Temporal.Instant.compare(first, last) > 0 ? [] : daysBetween(dayOf(first), dayOf(last));
};

/** Those of them that hold time without facts. */
export const liveDays = (days: readonly string[], accrued: LiveOptions['accrued']): string[] =>
  days.filter((day) => {
    const until = accrued.get(day);
    return until === undefined || !isAtMost(dayInterval(day).end, until);
  });

/**
 * What is not metered yet on these days, as windows that end now at the latest: a day's daily kinds until its facts stand,
 * and the hours after those that have facts. Spans count where the range touches them, as facts do.
 */
export const liveWindows = (days: readonly string[], options: LiveOptions): Window[] =>
  days.flatMap((day) => {
    const accrued = options.accrued.get(day);
    return options.kindsOn(day).flatMap(({ kind, per, granularity }) => {
      const divisor = divisorOf(per, day.slice(0, 7));
      return spansOf(day, granularity)
        .filter((span) => isTouched(span, options) && !(granularity === 'hourly' && isAtMost(span.end, accrued)))
        .map(({ start, end }) => ({ start, end: earlier(end, options.now), kind, divisor }));
    });
  });

const isAtMost = (end: Temporal.Instant, limit: Temporal.Instant | undefined): boolean =>
  limit !== undefined && Temporal.Instant.compare(end, limit) <= 0;

const later = (a: Temporal.Instant, b: Temporal.Instant) => (Temporal.Instant.compare(a, b) >= 0 ? a : b);
