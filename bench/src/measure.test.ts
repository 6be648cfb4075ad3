import { expect, test } from 'vitest';
import { measurePairs, quartiles, verdictOf } from './measure.ts';

const rate = { kind: 'at-least', gate: 0.5, aim: 0.7 } as const;
const duration = { kind: 'at-most', gate: 2, aim: 1.5 } as const;

test('quartiles interpolate between the neighbouring values', () => {
  expect(quartiles([4, 1, 3, 2])).toEqual({ median: 2.5, q1: 1.75, q3: 3.25 });
  expect(quartiles([7])).toEqual({ median: 7, q1: 7, q3: 7 });
});

test('a benchmark of a rate passes above its gate, one of a duration below it', () => {
  expect(verdictOf({ median: 0.6, q1: 0.55, q3: 0.65 }, 1.1, rate)).toBe('pass');
  expect(verdictOf({ median: 0.4, q1: 0.35, q3: 0.45 }, 1.1, rate)).toBe('fail');
  expect(verdictOf({ median: 1.4, q1: 1.3, q3: 1.5 }, 1.1, duration)).toBe('pass');
  expect(verdictOf({ median: 2.4, q1: 2.3, q3: 2.5 }, 1.1, duration)).toBe('fail');
});

test('a benchmark on a noisy machine, or with the gate between its quartiles, is inconclusive', () => {
  expect(verdictOf({ median: 0.9, q1: 0.8, q3: 1 }, 1.6, rate)).toBe('inconclusive');
  expect(verdictOf({ median: 0.55, q1: 0.45, q3: 0.65 }, 1.1, rate)).toBe('inconclusive');
});

test('a benchmark is inconclusive whichever of its sides is noisy', async () => {
  const steady = async () => ({ units: 10, ms: 10 });
  const noisy = (slices: number[]) => async () => ({ units: 10, ms: slices.shift() ?? 10 });
  for (const sides of [
    { ours: noisy([10, 16, 10]), bare: steady },
    { ours: steady, bare: noisy([10, 16, 10]) },
  ]) {
    const { verdict } = await measurePairs({ ...sides, pairs: 3, gate: { ...rate, gate: 0.1 } });
    expect(verdict).toBe('inconclusive');
  }
});

test('the two sides of a benchmark alternate in running first', async () => {
  const order: string[] = [];
  const side = (name: string) => async () => {
    order.push(name);
    return { units: 10, ms: 1 };
  };
  const summary = await measurePairs({ ours: side('a'), bare: side('b'), pairs: 3, gate: rate });
  expect(order).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
  expect(summary).toMatchObject({ ours: 10_000, bare: 10_000, ratio: { median: 1 }, verdict: 'pass' });
});
