import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endOfBatch } from './outbox-session.ts';

const rowsOf = (transactions: readonly (string | null)[]) =>
  transactions.map((transaction, index) => ({ number: String(index + 1), transaction }));

test('a batch ends between transactions', () => {
  const end = (within: string, beyond: string) => endOfBatch(rowsOf(within.split('')), rowsOf(beyond.split('')));
  expect(end('aabb', 'cc')).toEqual({ length: 4, open: new Set() });
  expect(end('aabb', 'bc')).toEqual({ length: 2, open: new Set() });
  expect(end('abab', 'b')).toEqual({ length: 4, open: new Set(['b']) });
  expect(end('cabab', 'b')).toEqual({ length: 1, open: new Set() });
  expect(end('', 'b')).toEqual({ length: 0, open: new Set() });
  expect(endOfBatch(rowsOf([null, null]), rowsOf([null]))).toEqual({ length: 2, open: new Set() });
});

test('what stays in a batch holds no transaction that goes on behind it, and as much as can be', () => {
  const some = fc.array(fc.constantFrom('a', 'b', 'c', 'd', null), { maxLength: 12 });
  fc.assert(
    fc.property(some, some, (within, beyond) => {
      const { length, open } = endOfBatch(rowsOf(within), rowsOf(beyond));
      const isWhole = (end: number) => {
        const behind = [...within.slice(end), ...beyond];
        return within.slice(0, end).every((transaction) => transaction === null || !behind.includes(transaction));
      };
      const longest = within.map((_, index) => index + 1).findLast(isWhole) ?? 0;
      expect(length).toBe(longest === 0 ? within.length : longest);
      expect(open.size > 0).toBe(longest === 0 && within.length > 0);
    }),
    { numRuns: 500, seed: 3 },
  );
});
