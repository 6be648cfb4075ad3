import { expect, test } from 'vitest';
import { ticksBetween } from './schedule.ts';

const nightly = { name: 'nightly', schedule: { cron: '10 1 * * *', input: () => null, catchUp: 'all' as const } };
const at = (text: string) => Temporal.Instant.from(text);
const ticks = (from: string, to: string) => ticksBetween(nightly, at(from), at(to)).map(String);

test('ticksBetween excludes its first instant and includes its last', () => {
  expect(ticks('2026-04-01T01:10:00Z', '2026-04-03T01:10:00Z')).toEqual([
    '2026-04-02T01:10:00Z',
    '2026-04-03T01:10:00Z',
  ]);
  expect(ticks('2026-04-01T01:10:00Z', '2026-04-02T01:09:59Z')).toEqual([]);
});

test('fractions of a second in the range do not change the instant of a tick', () => {
  expect(ticks('2026-04-01T00:00:00.123456789Z', '2026-04-01T01:10:00.999Z')).toEqual(['2026-04-01T01:10:00Z']);
});

test('a daily job has one tick on every day, because schedules are in UTC without daylight saving', () => {
  expect(ticks('2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z')).toHaveLength(2);
});
