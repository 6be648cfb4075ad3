import { expect, test } from 'vitest';
import { reasonToPark } from './strikes.ts';

test.each([
  { present: 100, missing: 20, knownDestroyed: 0, parked: false },
  { present: 100, missing: 21, knownDestroyed: 0, parked: true },
  { present: 12, missing: 9, knownDestroyed: 0, parked: false },
  { present: 12, missing: 10, knownDestroyed: 0, parked: true },
  { present: 12, missing: 12, knownDestroyed: 3, parked: false },
])(
  'a sweep missing $missing of $present resources, $knownDestroyed of them known as destroyed: parked is $parked',
  ({ parked, ...counts }) => {
    expect(reasonToPark({ ...counts, ofUnlistedProjects: 0 }) !== null).toBe(parked);
    expect(reasonToPark({ ...counts, ofUnlistedProjects: 1 })).not.toBeNull();
  },
);
