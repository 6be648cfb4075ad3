import { expect, test } from 'vitest';
import { cutPage, decodeCursor } from './page.ts';

const rows = [{ n: 1 }, { n: 2 }, { n: 3 }];
const page = (limit: number) => cutPage(rows.slice(0, limit + 1), { limit, keyOf: (r) => [r.n], itemOf: (r) => r.n });

test('a page that is not the last has a cursor for the next page', () => {
  const { items, next_cursor } = page(2);
  expect(items).toEqual([1, 2]);
  expect(decodeCursor(next_cursor ?? '', 1)).toEqual(['2']);
});

test('the last page of a list has no cursor', () => {
  expect(page(3)).toEqual({ items: [1, 2, 3], next_cursor: null });
});
