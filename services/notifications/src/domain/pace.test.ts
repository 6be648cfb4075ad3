import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paceOf } from './pace.ts';

test('however often it is asked, no more begin than the pace allows, and hardly fewer where there is enough to do', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 400 }),
      (perSecond, stepsMs) => {
        const pace = paceOf(perSecond, 0);
        let [nowMs, begun] = [0, 0];
        for (const stepMs of stepsMs) {
          const free = pace.free(nowMs);
          pace.begin(free);
          begun += free;
          expect(begun).toBeLessThanOrEqual(Math.max(1, perSecond / 4) + (perSecond * nowMs) / 1_000 + 1e-6);
          nowMs += stepMs;
        }
      },
    ),
  );
  const pace = paceOf(300, 0);
  let begun = 0;
  for (let nowMs = 0; nowMs < 10_000; nowMs += Math.max(1, pace.waitMs(nowMs))) {
    const free = pace.free(nowMs);
    pace.begin(free);
    begun += free;
  }
  expect(begun).toBeGreaterThanOrEqual(2_950);
});

test('one alone begins at once, and so does the next one', () => {
  const pace = paceOf(300, 0);
  expect(pace.free(0)).toBe(75);
  pace.begin(1);
  expect(pace.free(0)).toBe(74);
});
