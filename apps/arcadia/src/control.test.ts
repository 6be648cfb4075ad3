import { expect, test } from 'vitest';
import { stepsBetween } from './control.ts';

const instant = (text: string) => Temporal.Instant.from(text);

test('the clock stops once on each day on its way, after the day is metered, and at the end', () => {
  const steps = stepsBetween(instant('2026-10-01T06:00:00Z'), instant('2026-10-04T04:30:00Z'));
  expect(steps.map(String)).toEqual(['2026-10-02T04:30:00Z', '2026-10-03T04:30:00Z', '2026-10-04T04:30:00Z']);
  expect(stepsBetween(instant('2026-10-01T06:00:00Z'), instant('2026-10-01T06:00:01Z'))).toHaveLength(1);
});

test('the clock never moves back, and not by more than a year or so', () => {
  const from = instant('2026-10-01T06:00:00Z');
  expect(() => stepsBetween(from, from)).toThrow('2026-10-01T06:00:00Z');
  expect(() => stepsBetween(from, from.add({ hours: 24 * 500 }))).toThrow('400 days');
});
