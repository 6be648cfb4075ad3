import { expect, test } from 'vitest';
import { playedClock, systemClock } from './clock.ts';

const april = Temporal.Instant.from('2026-04-01T00:00:00Z');

test('a played clock stands still until it is set', () => {
  const clock = playedClock(april);
  expect(clock.now().equals(april)).toBe(true);
  clock.set(april.add({ hours: 1 }));
  expect(clock.now().toString()).toBe('2026-04-01T01:00:00Z');
  expect(clock.isRunning()).toBe(false);
});

test('a played clock that is set running continues from its instant', async () => {
  const clock = playedClock(april);
  clock.run();
  const started = clock.now();
  await expect.poll(() => Temporal.Instant.compare(clock.now(), started)).toBe(1);
  expect(clock.now().since(april).total('seconds')).toBeLessThan(60);
  clock.set(april.add({ hours: 24 }));
  expect(clock.now().since(april).total('hours')).toBeGreaterThanOrEqual(24);
});

test('a clock tells microseconds, so that an instant is stored as it is published', () => {
  const played = playedClock(april);
  played.run();
  for (const clock of [systemClock, played]) {
    const readings = Array.from({ length: 50 }, () => clock.now());
    expect(readings.filter((now) => now.epochNanoseconds % 1000n !== 0n)).toEqual([]);
  }
});
