import { expect, test } from 'vitest';
import { whyDoubted } from './strikes.ts';

test.each([
  { present: 100, missing: 20, knownDestroyed: 0, parked: false },
  { present: 100, missing: 21, knownDestroyed: 0, parked: true },
  { present: 12, missing: 9, knownDestroyed: 0, parked: false },
  { present: 12, missing: 10, knownDestroyed: 0, parked: true },
  { present: 12, missing: 12, knownDestroyed: 3, parked: false },
])('$missing of $present missing, $knownDestroyed explained', ({ parked, ...counts }) => {
  expect(whyDoubted({ ...counts, ofUnlistedProjects: 0 }) !== null).toBe(parked);
  expect(whyDoubted({ ...counts, ofUnlistedProjects: 1 })).not.toBeNull();
});
