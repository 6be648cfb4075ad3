import { dayOf, type Period, periodInterval } from '@arcadia/contracts';

/** The UTC days of a share of a bill's line, `[from, until)`. */
export type BilledDays = { from: string; until: string };

type Spans = {
  start_at: string | null;
  end_at: string | null;
  owned_from?: string;
  owned_until?: string;
};

/**
 * The days of a period that a share of a line is for: those on which its target owned the resource, else those of the line. A line
 * without a span in the period is for all of it.
 */
export const billedDays = (period: Period, { start_at, end_at, owned_from, owned_until }: Spans): BilledDays => {
  const { start, end } = periodInterval(period);
  const from = later(start, owned_from ?? start_at);
  const until = earlier(end, owned_until ?? end_at);
  return Temporal.Instant.compare(from, until) < 0 ? daysWithin(from, until) : daysWithin(start, end);
};

const daysWithin = (from: Temporal.Instant, until: Temporal.Instant): BilledDays => ({
  from: dayOf(from),
  until: Temporal.PlainDate.from(dayOf(until.subtract({ nanoseconds: 1 })))
    .add({ days: 1 })
    .toString(),
});

const later = (bound: Temporal.Instant, at: string | null): Temporal.Instant => {
  const given = at === null ? bound : Temporal.Instant.from(at);
  return Temporal.Instant.compare(given, bound) > 0 ? given : bound;
};

const earlier = (bound: Temporal.Instant, at: string | null): Temporal.Instant => {
  const given = at === null ? bound : Temporal.Instant.from(at);
  return Temporal.Instant.compare(given, bound) < 0 ? given : bound;
};
