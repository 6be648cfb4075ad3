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
} from '../days/windows.ts';

/** Live usage covers at most this many days back; older days appear once they are metered. */
const farthestDays = 62;

export type LiveOptions = Range & {
  /** By day, the instant up to which it has facts. */
  accrued: ReadonlyMap<string, Temporal.Instant>;
  kindsOn: (day: string) => readonly MeteredKind[];
};

/** The first and the last day of a range that live usage covers; null when it covers none. */
export const recentSpan = ({ from, to, now }: Range): { first: string; last: string } | null => {
  const last = earlier(to, now).subtract({ nanoseconds: 1 });
  const first = later(from, now.subtract({ hours: 24 * farthestDays }));
  return Temporal.Instant.compare(first, last) > 0 ? null : { first: dayOf(first), last: dayOf(last) };
};

/** The days of a range that live usage covers. */
export const recentDays = (range: Range): string[] => {
  const span = recentSpan(range);
  return span === null ? [] : daysBetween(span.first, span.last);
};

/** The days among them with time that has no facts yet. */
export const liveDays = (days: readonly string[], accrued: LiveOptions['accrued']): string[] =>
  days.filter((day) => {
    const until = accrued.get(day);
    return until === undefined || !isAtMost(dayInterval(day).end, until);
  });

/**
 * Windows of these days that have no facts yet, ending now at the latest: a day's daily kinds until the day is metered, and
 * the hours after the last metered one. A span counts where the range touches it, as facts do.
 */
export const liveWindows = (days: readonly string[], options: LiveOptions): Window[] =>
  days.flatMap((day) => {
    const accrued = options.accrued.get(day);
    return options.kindsOn(day).flatMap(({ kind, per, granularity, dropsDimension }) => {
      const divisor = divisorOf(per, day.slice(0, 7));
      return spansOf(day, granularity)
        .filter((span) => isTouched(span, options) && !(granularity === 'hourly' && isAtMost(span.end, accrued)))
        .map(({ start, end }) => ({ start, end: earlier(end, options.now), kind, divisor, dropsDimension }));
    });
  });

const isAtMost = (end: Temporal.Instant, limit: Temporal.Instant | undefined): boolean =>
  limit !== undefined && Temporal.Instant.compare(end, limit) <= 0;

const later = (a: Temporal.Instant, b: Temporal.Instant) => (Temporal.Instant.compare(a, b) >= 0 ? a : b);
