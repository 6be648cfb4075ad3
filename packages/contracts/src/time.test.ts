import { expect, test } from 'vitest';
import { addMonths, dayInterval, daysOf, dayText, instantText, periodInterval, periodOf, secondsOf } from './time.ts';

test('a period is the calendar month in UTC, half-open', () => {
  const { start, end } = periodInterval('2026-04');
  expect([start.toString(), end.toString()]).toEqual(['2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z']);
  expect(periodOf(Temporal.Instant.from('2026-04-30T23:59:59.999Z'))).toBe('2026-04');
  expect(periodOf(end)).toBe('2026-05');
});

test.each([
  ['2026-02', 28],
  ['2028-02', 29],
  ['2026-04', 30],
  ['2026-07', 31],
])('%s has %i days', (period, days) => {
  expect(daysOf(period)).toHaveLength(days);
  expect(secondsOf(period)).toBe(days * 86_400);
});

test('the days of a period follow each other without gap or overlap', () => {
  const days = daysOf('2026-12').map(dayInterval);
  days.slice(1).forEach(({ start }, index) => expect(start.equals(days[index]?.end ?? start)).toBe(true));
  expect(addMonths('2026-12', 1)).toBe('2027-01');
});

test('a date that does not exist is refused', () => {
  expect(instantText.safeParse('2026-02-30T00:00:00Z').success).toBe(false);
  expect(instantText.safeParse('2026-02-28T00:00:00+10:00').success).toBe(false);
  expect(dayText.safeParse('2026-04-31').success).toBe(false);
});

test('an instant has microseconds: finer digits are cut off, never rounded into the next month', () => {
  expect(instantText.parse('2026-04-30T23:59:59.999999999Z')).toBe('2026-04-30T23:59:59.999999Z');
  expect(instantText.parse('2026-04-30T23:59:59.1234567Z')).toBe('2026-04-30T23:59:59.123456Z');
  expect(instantText.parse('2026-04-30T23:59:59.123456Z')).toBe('2026-04-30T23:59:59.123456Z');
  expect(instantText.parse('2026-04-30T23:59:59Z')).toBe('2026-04-30T23:59:59Z');
});
