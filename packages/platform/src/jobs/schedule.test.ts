import { expect, test } from 'vitest';
import { ticksBetween } from './schedule.ts';

const nightly = { name: 'nightly', schedule: { cron: '10 1 * * *', input: () => null, catchUp: 'all' as const } };
const at = (text: string) => Temporal.Instant.from(text);
const ticks = (from: string, to: string) => ticksBetween(nightly, at(from), at(to)).map(String);

test('the ticks after one instant, up to and including another', () => {
  expect(ticks('2026-04-01T01:10:00Z', '2026-04-03T01:10:00Z')).toEqual([
    '2026-04-02T01:10:00Z',
    '2026-04-03T01:10:00Z',
  ]);
  expect(ticks('2026-04-01T01:10:00Z', '2026-04-02T01:09:59Z')).toEqual([]);
});

test('fractions of a second do not make a tick a different one', () => {
  expect(ticks('2026-04-01T00:00:00.123456789Z', '2026-04-01T01:10:00.999Z')).toEqual(['2026-04-01T01:10:00Z']);
});

test('days with a change of clock somewhere have one tick like any other, in UTC', () => {
  expect(ticks('2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z')).toHaveLength(2);
});
