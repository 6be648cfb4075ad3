import { formatMinor } from '@arcadia/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { majorCell, monthCells } from './cells.ts';

test('an amount is written as elsewhere, and exactly where a number could not hold it', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.constantFrom('AUD', 'JPY', 'KWD'), (amount, currency) => {
      expect(majorCell(String(amount), currency)).toBe(formatMinor(amount, currency));
    }),
  );
  expect(majorCell('-900719925474099312345', 'AUD')).toBe('-9007199254740993123.45');
  expect(majorCell('-0', 'AUD')).toBe('0.00');
  expect(majorCell('7', 'KWD')).toBe('0.007');
});

test('a month is its instants, the same each time', () => {
  const april = { start: '2026-04-01T00:00:00Z', end: '2026-05-01T00:00:00Z' };
  expect([monthCells('2026-04'), monthCells('2026-04')]).toEqual([april, april]);
  expect(monthCells('2026-12').end).toBe('2027-01-01T00:00:00Z');
});
