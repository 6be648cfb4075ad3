import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RatedLine } from '../rating/rated-line.ts';
import { adjustmentLines } from './adjustments.ts';
import { takeExcess, withoutCredited } from './excess.ts';

const manual = (id: string, amount_cents: number): RatedLine => ({
  key: `manual/${id}`,
  kind: 'manual',
  deployment_id: null,
  resource_kind: null,
  description: id,
  qty: '2',
  unit: 'hour',
  unit_price_cents: String(amount_cents / 2),
  amount_cents,
  meta: { manual_line_id: id },
});
const correction = (key: string, old_cents: number, new_cents: number): RatedLine[] =>
  adjustmentLines('2026-04', [
    { key, deployment_id: 'd', resource_kind: null, description: key, old_cents, new_cents },
  ]);
const sumOf = (lines: readonly { amount_cents: number }[]): number =>
  lines.reduce((sum, { amount_cents }) => sum + amount_cents, 0);

test('an excess is taken from the last negative lines, the last of them in part', () => {
  const { kept, excess } = takeExcess([manual('a', -300), manual('b', 200), manual('c', -500)], 600);
  expect(excess.map(({ key, amount_cents }) => [key, amount_cents])).toEqual([
    ['manual/a', 100],
    ['manual/c', 500],
  ]);
  expect(
    kept.map(({ key, qty, unit_price_cents, amount_cents }) => [key, qty, unit_price_cents, amount_cents]),
  ).toEqual([
    ['manual/a', '1', '-200', -200],
    ['manual/b', '2', '100', 200],
  ]);
});

test('a correction that is credited in part is, for the rest, the correction that would be found afterwards', () => {
  const [line] = correction('base', 700, 100);
  if (line === undefined) throw new Error('there is a correction');
  expect([withoutCredited(line, 150)]).toEqual(correction('base', 550, 100));
});

test('whatever the lines are: what is kept comes to zero, and nothing is gained or lost', () => {
  const amount = fc.integer({ min: -5000, max: 5000 });
  const lines = fc.array(fc.tuple(fc.boolean(), amount), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(lines, fc.nat(4000), (given, own) => {
      const others = given.flatMap(([isManual, cents], index) =>
        isManual ? [manual(String(index), cents)] : correction(String(index), 0, cents),
      );
      const below = -(own + sumOf(others));
      fc.pre(below > 0);
      const { kept, excess } = takeExcess(others, below);
      expect(own + sumOf(kept)).toBe(0);
      expect(sumOf(excess)).toBe(below);
      expect(excess.every(({ amount_cents }) => amount_cents > 0)).toBe(true);
      const credited = new Map(excess.map(({ key, amount_cents }) => [key, amount_cents]));
      const left = others
        .map((line) => withoutCredited(line, credited.get(line.key) ?? 0))
        .filter(({ key, amount_cents }) => amount_cents !== 0 || !credited.has(key));
      expect(kept).toEqual(left);
    }),
  );
});
