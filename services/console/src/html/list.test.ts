import { expect, test } from 'vitest';
import { emptyList } from './list.ts';

const words = { filtered: 'Nothing matches.', unfiltered: 'There is nothing yet.' };

test('a list without rows and without filters does not speak of filters', () => {
  expect(emptyList({}, words)).toBe('There is nothing yet.');
  expect(emptyList({ q: '', sort: '-name', cursor: 'x' }, words)).toBe('There is nothing yet.');
  expect(emptyList({ q: 'acme' }, words)).toBe('Nothing matches.');
});
