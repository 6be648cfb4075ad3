import { Decimal, periodInterval, periodOf } from '@arcadia/contracts';

/** The half-open span of a line. */
export type Span = { start: Temporal.Instant; end: Temporal.Instant };

const endOfMinute = /T\d\d:59:59(\.\d+)?Z$/;

/**
 * Parses an instant as the provider writes it: `2026-03-01 00:00:00 +0000` in the CSV, RFC 3339 in JSON.
 * @returns null for an absent instant, undefined for a text that is none
 */
export function parseInstant(text: string | null | undefined): Temporal.Instant | null | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return null;
  const csv = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) ?(?:UTC|Z|([+-]\d{2}):?(\d{2}))?$/.exec(
    trimmed,
  );
  if (csv === null) return undefined;
  const [, day, time, offsetHours, offsetMinutes] = csv;
  const zone = offsetHours === undefined ? 'Z' : `${offsetHours}:${offsetMinutes ?? '00'}`;
  try {
    return Temporal.Instant.from(`${day}T${time}${zone}`);
  } catch {
    return undefined;
  }
}

/**
 * The half-open span of a line; null without start or end. Some products end at 23:59:59 of the last day, which is moved to
 * the next second, and others at 00:00:00 of the following day. A line that does not end after its start lasts one second.
 */
export function spanOf(start: Temporal.Instant | null, end: Temporal.Instant | null): Span | null {
  if (start === null || end === null) return null;
  const text = end.toString();
  const exclusive = endOfMinute.test(text) && text.includes('T23:') ? startOfNextSecond(end) : end;
  return Temporal.Instant.compare(exclusive, start) > 0
    ? { start, end: exclusive }
    : { start, end: start.add({ seconds: 1 }) };
}

const startOfNextSecond = (at: Temporal.Instant): Temporal.Instant =>
  at.round({ smallestUnit: 'second', roundingMode: 'floor' }).add({ seconds: 1 });

/** Hours of one unit in which the provider counts a duration; a month has those of the month in which the line starts. */
const hoursOfUnit: Record<string, number> = { hour: 1, day: 24, week: 168 };
const unitsOfHour: Record<string, number> = { minute: 60, second: 3600 };

/**
 * A duration in hours. A duration without a unit counts hours.
 * @returns null if the unit is no time (a number of backups), or is a month and the start is not known
 */
export function hoursOf(duration: string, unit: string, start: string | null): string | null {
  if (unit === '') return duration;
  const name = unit.trim().toLowerCase().replace(/s$/, '');
  if (name === '' || name === 'hour') return duration;
  const hours = name === 'month' ? hoursOfMonth(start) : hoursOfUnit[name];
  const parts = unitsOfHour[name];
  if (parts !== undefined) return new Decimal(duration).div(parts).toDecimalPlaces(12).toFixed();
  return hours === undefined ? null : new Decimal(duration).times(hours).toFixed();
}

function hoursOfMonth(start: string | null): number | undefined {
  if (start === null) return undefined;
  const month = periodInterval(periodOf(Temporal.Instant.from(start)));
  return month.end.since(month.start).total('hours');
}
