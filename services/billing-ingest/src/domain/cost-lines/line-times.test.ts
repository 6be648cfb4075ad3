import { describe, expect, test } from 'vitest';
import { hoursOf, parseInstant, spanOf } from './line-times.ts';

const at = (text: string) => Temporal.Instant.from(text);

describe('billing-ingest: the times of a line', () => {
  test.each([
    ['2026-03-01 00:00:00 +0000', '2026-03-01T00:00:00Z'],
    ['2026-03-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['2026-03-01 10:00:00 +1000', '2026-03-01T00:00:00Z'],
    ['2026-03-01 00:00:00 UTC', '2026-03-01T00:00:00Z'],
  ])('%s is %s', (text, expected) => expect(parseInstant(text)?.toString()).toBe(expected));

  test('are null if absent and undefined if unreadable', () => {
    expect(parseInstant('')).toBeNull();
    expect(parseInstant(undefined)).toBeNull();
    for (const text of ['yesterday', '2026-02-30 00:00:00 +0000', '03/01/2026', '2026-03-01'])
      expect(parseInstant(text)).toBeUndefined();
  });

  test('cover the whole month in both conventions for its last second', () => {
    const start = at('2026-03-01T00:00:00Z');
    for (const end of ['2026-03-31T23:59:59Z', '2026-04-01T00:00:00Z']) {
      expect(spanOf(start, at(end))?.end.toString()).toBe('2026-04-01T00:00:00Z');
    }
    expect(spanOf(start, at('2026-03-22T18:14:39Z'))?.end.toString()).toBe('2026-03-22T18:14:39Z');
  });

  test('without length last one second, without an end are no span', () => {
    const start = at('2026-03-01T00:00:00Z');
    expect(spanOf(start, start)?.end.toString()).toBe('2026-03-01T00:00:01Z');
    expect(spanOf(start, null)).toBeNull();
  });

  test.each([
    ['720', 'Hours', '720'],
    ['720', '', '720'],
    ['30', 'Days', '720'],
    ['1.5', 'day', '36'],
    ['1', 'Month', '720'],
    ['0.5', 'months', '360'],
    ['2', 'Weeks', '336'],
    ['90', 'Minutes', '1.5'],
    ['10', 'Seconds', '0.002777777778'],
    ['5', 'Backups', null],
  ])('%s %s are %s hours', (duration, unit, hours) => {
    expect(hoursOf(duration, unit, '2026-04-01T00:00:00Z')).toBe(hours);
  });

  test('of a month without a start are not known in hours', () => expect(hoursOf('1', 'Months', null)).toBeNull());
});
