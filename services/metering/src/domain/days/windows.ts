import { dayInterval, dayOf, type Interval, type Period, secondsOf } from '@arcadia/contracts';

export type Granularity = 'daily' | 'hourly';

/** How one billing kind is metered on a day. */
export type MeteredKind = {
  kind: string;
  per: 'hour' | 'month' | null;
  granularity: Granularity;
  /** True: its facts of that day contain no dimension, though its states have one. */
  dropsDimension: boolean;
};

/** One billing kind in one day or hour: the subject of a fact. */
export type Window = Interval & { kind: string; divisor: number; dropsDimension: boolean };

/** Seconds of an hour, seconds of the month, or 1 for a kind that has no time in it (tokens, traffic). */
export const divisorOf = (per: MeteredKind['per'], period: Period): number =>
  per === 'hour' ? 3600 : per === 'month' ? secondsOf(period) : 1;

/** The day itself, or its hours. */
export const spansOf = (day: string, granularity: Granularity): Interval[] => {
  const whole = dayInterval(day);
  if (granularity === 'daily') return [whole];
  return Array.from({ length: 24 }, (_, hour) => ({
    start: whole.start.add({ hours: hour }),
    end: whole.start.add({ hours: hour + 1 }),
  }));
};

/** The windows of one granularity on one day, for the kinds of that granularity: spans that lie wholly within `[from, until)`. */
export const windowsOf = (
  day: string,
  granularity: Granularity,
  options: { kinds: readonly MeteredKind[]; from?: Temporal.Instant; until?: Temporal.Instant },
): Window[] => {
  const kinds = options.kinds.filter((each) => each.granularity === granularity);
  const { from, until } = options;
  const spans = spansOf(day, granularity).filter(
    ({ start, end }) =>
      (from === undefined || Temporal.Instant.compare(start, from) >= 0) &&
      (until === undefined || Temporal.Instant.compare(end, until) <= 0),
  );
  return spans.flatMap((span) =>
    kinds.map(({ kind, per, dropsDimension }) => {
      return { ...span, kind, divisor: divisorOf(per, day.slice(0, 7)), dropsDimension };
    }),
  );
};

/** The start of the hour that contains an instant. */
export const startOfHour = (instant: Temporal.Instant): Temporal.Instant => {
  const hours = instant.epochMilliseconds / 3_600_000;
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(hours) * 3_600_000);
};

export type Range = { from: Temporal.Instant; to: Temporal.Instant; now: Temporal.Instant };

/** True when a range touches a span. The span's fact then counts whole, because facts are not divided. */
export const isTouched = ({ start, end }: Interval, { from, to, now }: Range): boolean =>
  Temporal.Instant.compare(end, from) > 0 && Temporal.Instant.compare(start, earlier(to, now)) < 0;

/** The whole days or hours of a kind that a range touches, up to now; how the kind is metered may differ from day to day. */
export const coveredBy = ({ from, to, now }: Range, granularityOn: (day: string) => Granularity) => {
  const spanOf = (instant: Temporal.Instant): Interval => {
    const start = startOfHour(instant);
    return granularityOn(dayOf(instant)) === 'daily'
      ? dayInterval(dayOf(instant))
      : { start, end: start.add({ hours: 1 }) };
  };
  return { from: spanOf(from).start, to: earlier(spanOf(to.subtract({ nanoseconds: 1 })).end, now) };
};

export const earlier = (a: Temporal.Instant, b: Temporal.Instant) => (Temporal.Instant.compare(a, b) <= 0 ? a : b);

/** The days from one to another, both included. */
export const daysBetween = (first: string, last: string): string[] => {
  const days: string[] = [];
  for (
    let day = Temporal.PlainDate.from(first);
    Temporal.PlainDate.compare(day, last) <= 0;
    day = day.add({ days: 1 })
  ) {
    days.push(day.toString());
  }
  return days;
};

export const dayBefore = (instant: Temporal.Instant): string =>
  Temporal.PlainDate.from(dayOf(instant)).subtract({ days: 1 }).toString();
