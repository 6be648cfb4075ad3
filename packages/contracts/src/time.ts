import { z } from 'zod';

/** Instants on the days that every month has, and those days: they need no check against the calendar. */
const surelyExists = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z$/;

const dayExists = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$/;

/** `2026-04-01T00:00:00Z` */
const wholeSecondLength = 20;
/** `2026-04-01T00:00:00.000000Z` */
const microsecondLength = 27;

/** Cut off after the microseconds, and without zeros at the end, as Postgres and Temporal spell it. */
const inMicroseconds = (text: string): string =>
  text.length === wholeSecondLength ? text : `${text.slice(0, microsecondLength - 1)}Z`.replace(/\.?0*Z+$/, 'Z');

/**
 * An instant on the wire: RFC 3339 in UTC, ending in `Z`, in microseconds, with one spelling. Finer digits are cut off, and zeros at the
 * end are left out: Postgres stores microseconds, and an instant that is published otherwise than it is stored would differ from itself.
 */
export const instantText = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/,
    'an RFC 3339 instant in UTC, such as 2026-04-01T00:00:00Z',
  )
  .refine((text) => {
    if (surelyExists.test(text)) return true;
    try {
      Temporal.Instant.from(text);
      return true;
    } catch {
      return false;
    }
  }, 'a date that exists')
  .overwrite(inMicroseconds)
  .meta({ description: 'An instant, RFC 3339 in UTC.', example: '2026-04-01T00:00:00Z' });

/** A UTC day, `YYYY-MM-DD`. */
export const dayText = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'a UTC day such as 2026-04-30')
  .refine((text) => {
    if (dayExists.test(text)) return true;
    try {
      Temporal.PlainDate.from(text, { overflow: 'reject' });
      return true;
    } catch {
      return false;
    }
  }, 'a date that exists')
  .meta({ description: 'A UTC day, `YYYY-MM-DD`.', example: '2026-04-30' });

/** A billing period: a calendar month in UTC, `YYYY-MM`. */
export const periodText = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a calendar month such as 2026-04')
  .meta({ description: 'The billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' });

/** A billing period, `YYYY-MM`. */
export type Period = z.infer<typeof periodText>;

/** Half-open span of time `[start, end)`. */
export type Interval = { start: Temporal.Instant; end: Temporal.Instant };

/** The instants a billing period covers, `[first of the month, first of the next)`, in UTC. */
export const periodInterval = (period: Period): Interval => {
  const month = Temporal.PlainYearMonth.from(period);
  return {
    start: startOfDay(month.toPlainDate({ day: 1 })),
    end: startOfDay(month.add({ months: 1 }).toPlainDate({ day: 1 })),
  };
};

/** The billing period an instant lies in. */
export const periodOf = (instant: Temporal.Instant): Period => dayOf(instant).slice(0, 7);

/** The UTC day an instant lies in, `YYYY-MM-DD`. */
export const dayOf = (instant: Temporal.Instant): string => instant.toZonedDateTimeISO('UTC').toPlainDate().toString();

/** The first instant of a UTC day. */
export const startOfDay = (day: Temporal.PlainDate | string): Temporal.Instant =>
  Temporal.PlainDate.from(day).toZonedDateTime('UTC').toInstant();

/** The instants a UTC day covers: always 24 hours. */
export const dayInterval = (day: string): Interval => ({
  start: startOfDay(day),
  end: startOfDay(Temporal.PlainDate.from(day).add({ days: 1 })),
});

/** Every UTC day of a period, in order. */
export const daysOf = (period: Period): string[] => {
  const month = Temporal.PlainYearMonth.from(period);
  return Array.from({ length: month.daysInMonth }, (_, index) => month.toPlainDate({ day: index + 1 }).toString());
};

/** The period `months` after (or, negative, before) this one. */
export const addMonths = (period: Period, months: number): Period =>
  Temporal.PlainYearMonth.from(period).add({ months }).toString();

/** Seconds in a period: the divisor of every per-month quantity, so that one unit kept all month is exactly 1. */
export const secondsOf = (period: Period): number => Temporal.PlainYearMonth.from(period).daysInMonth * 86_400;
