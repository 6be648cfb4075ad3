import { drift } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { driftStatuses } from './drift.ts';

test('every state of a difference has words', () => {
  const known: readonly string[] = drift.getDrift.output.shape.status.options;
  expect(driftStatuses.map(([status]) => status)).toEqual(known);
});
