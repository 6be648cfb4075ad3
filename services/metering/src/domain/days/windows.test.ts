import { expect, test } from 'vitest';
import { liveDays, liveWindows, recentDays } from '../usage/live-windows.ts';
import { dayBefore, daysBetween, divisorOf, type MeteredKind, spansOf, startOfHour, windowsOf } from './windows.ts';

const at = (text: string) => Temporal.Instant.from(text);
const daily: MeteredKind = { kind: 'dns_zones', per: 'month', granularity: 'daily', dropsDimension: false };
const hourly: MeteredKind = { kind: 'droplet_hours', per: 'hour', granularity: 'hourly', dropsDimension: false };

test('a day has 24 hours without gap or overlap, also on days of a clock change', () => {
  for (const day of ['2026-03-29', '2026-10-25', '2028-02-29']) {
    const hours = spansOf(day, 'hourly');
    expect(hours).toHaveLength(24);
    expect(hours[0]?.start.toString()).toBe(`${day}T00:00:00Z`);
    hours.slice(1).forEach((hour, index) => expect(hour.start.equals(hours[index]?.end ?? hour.end)).toBe(true));
    expect(hours.at(-1)?.end.toString()).toBe(spansOf(day, 'daily')[0]?.end.toString());
  }
});

test('one unit kept all month divides to exactly 1', () => {
  expect([divisorOf('month', '2026-02'), divisorOf('month', '2028-02'), divisorOf('month', '2026-04')]).toEqual([
    2_419_200, 2_505_600, 2_592_000,
  ]);
  expect([divisorOf('hour', '2026-02'), divisorOf(null, '2026-02')]).toEqual([3600, 1]);
});

test('every kind has windows of its own granularity only', () => {
  const kinds = [daily, hourly];
  expect(windowsOf('2026-04-01', 'daily', { kinds }).map(({ kind }) => kind)).toEqual(['dns_zones']);
  expect(
    windowsOf('2026-04-01', 'hourly', { kinds, from: at('2026-04-01T01:00:00Z'), until: at('2026-04-01T03:30:00Z') }),
  ).toHaveLength(2);
  // What ends exactly at the end of the range lies within it, as the last hour of a day does.
  expect(
    windowsOf('2026-04-01', 'hourly', { kinds, from: at('2026-04-01T22:00:00Z'), until: at('2026-04-02T00:00:00Z') }),
  ).toHaveLength(2);
});

test('scheduled days and hours follow the clock', () => {
  expect(dayBefore(at('2026-05-01T01:10:00Z'))).toBe('2026-04-30');
  expect(startOfHour(at('2026-05-01T01:59:59.999Z')).toString()).toBe('2026-05-01T01:00:00Z');
  expect(daysBetween('2028-02-28', '2028-03-01')).toEqual(['2028-02-28', '2028-02-29', '2028-03-01']);
});

test('live windows begin where facts end and end now', () => {
  const range = {
    from: at('2026-04-01T00:00:00Z'),
    to: at('2026-05-01T00:00:00Z'),
    now: at('2026-04-02T02:30:00Z'),
  };
  const accrued = new Map([
    ['2026-04-01', at('2026-04-02T00:00:00Z')],
    ['2026-04-02', at('2026-04-02T01:00:00Z')],
  ]);
  const days = liveDays(recentDays(range), accrued);
  expect(days).toEqual(['2026-04-02']);
  const windows = liveWindows(days, { ...range, accrued, kindsOn: () => [daily, hourly] });
  expect(windows.map(({ kind, start, end }) => [kind, start.toString(), end.toString()])).toEqual([
    ['dns_zones', '2026-04-02T00:00:00Z', '2026-04-02T02:30:00Z'],
    ['droplet_hours', '2026-04-02T01:00:00Z', '2026-04-02T02:00:00Z'],
    ['droplet_hours', '2026-04-02T02:00:00Z', '2026-04-02T02:30:00Z'],
  ]);
});
