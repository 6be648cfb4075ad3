import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Pace, paceOf } from './pace.ts';

test('however often it is asked, no more begin than the pace allows, and hardly fewer where there is enough to do', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 400 }),
      (perSecond, stepsMs) => {
        const pace = paceOf(perSecond, 0);
        let [nowMs, begun] = [0, 0];
        for (const stepMs of stepsMs) {
          begun += pace.take(1_000, nowMs);
          expect(begun).toBeLessThanOrEqual(Math.max(1, perSecond / 4) + (perSecond * nowMs) / 1_000 + 1e-6);
          nowMs += stepMs;
        }
      },
    ),
  );
  const pace = paceOf(300, 0);
  let begun = 0;
  for (let nowMs = 0; nowMs < 10_000; nowMs += Math.max(1, pace.waitMs(nowMs))) {
    begun += pace.take(1_000, nowMs);
  }
  expect(begun).toBeGreaterThanOrEqual(2_950);
});

test('one alone begins at once, and so does the next one', () => {
  const pace = paceOf(300, 0);
  expect(pace.take(1, 0)).toBe(1);
  expect(pace.take(1, 0)).toBe(1);
  expect(pace.take(1_000, 0)).toBe(73);
  pace.giveBack(73);
  expect(pace.take(1_000, 0)).toBe(73);
});

/** What begins in a number of milliseconds, with a thread that uses a fifth of a processor and waits for another share of its time at work. */
const begunIn = (pace: Pace, [fromMs, untilMs]: readonly [number, number], waitedShare: number): number => {
  let begun = 0;
  for (let nowMs = fromMs; nowMs < untilMs; nowMs += 10) {
    const usedMs = nowMs * 0.2;
    pace.observe({ usedMs, waitedMs: (usedMs * waitedShare) / (1 - waitedShare) }, nowMs);
    begun += pace.take(1_000, nowMs);
  }
  return begun;
};

test('while other programs keep this thread waiting for a processor hardly any begin, but never none', () => {
  const pace = paceOf(300, 0);
  begunIn(pace, [0, 1_000], 0.6);
  const begun = begunIn(pace, [1_000, 101_000], 0.6);
  expect(begun).toBeGreaterThanOrEqual(2_950);
  expect(begun).toBeLessThanOrEqual(3_050);
  expect(begunIn(paceOf(5, 0), [0, 10_000], 0.6)).toBeGreaterThanOrEqual(49);
});

test('at the least pace few batches begin, so that few claims are made; none waits for longer than a second', () => {
  const pace = paceOf(300, 0);
  begunIn(pace, [0, 2_000], 0.6);
  const batches: { atMs: number; size: number }[] = [];
  for (let nowMs = 2_000; nowMs < 22_000; nowMs += 10) {
    const size = begunIn(pace, [nowMs, nowMs + 10], 0.6);
    if (size > 0) batches.push({ atMs: nowMs, size });
  }
  expect(batches.length).toBeLessThanOrEqual(25);
  const pausesMs = batches.slice(1).map(({ atMs }, index) => atMs - (batches[index]?.atMs ?? 0));
  expect(Math.max(...pausesMs)).toBeLessThanOrEqual(1_000);
  expect(Math.max(...batches.map(({ size }) => size))).toBeLessThanOrEqual(30);
});

test('the whole pace is taken up again within three seconds, and a thread that hardly waits keeps it', () => {
  const pace = paceOf(300, 0);
  begunIn(pace, [0, 2_000], 0.6);
  begunIn(pace, [2_000, 5_000], 0);
  expect(begunIn(pace, [5_000, 6_000], 0)).toBeGreaterThanOrEqual(280);
  const alone = paceOf(300, 0);
  begunIn(alone, [0, 3_000], 0.3);
  expect(begunIn(alone, [3_000, 13_000], 0.3)).toBeGreaterThanOrEqual(2_950);
});

test('a burst begins gently, because others may want the processors already', () => {
  const pace = paceOf(300, 0);
  expect(begunIn(pace, [0, 100], 0)).toBeLessThanOrEqual(35);
  expect(begunIn(pace, [60_000, 60_100], 0)).toBeLessThanOrEqual(35);
  expect(begunIn(pace, [60_100, 63_000], 0)).toBeGreaterThanOrEqual(550);
});
