import { expect, test } from 'vitest';
import { misspeltOf } from './misspelt-size.ts';

const known = new Set(['s-1vcpu-1gb', 's-2vcpu-2gb', 'g-2vcpu-8gb', 'c-2', 'g-*']);

test.each([
  ['s-1vpcu-1gb', ['s-1vcpu-1gb']],
  ['s1vcpu-1gb', ['s-1vcpu-1gb']],
  ['S-2vcpu-2GB', ['s-2vcpu-2gb']],
])('%s is a misspelling, near %j', (size, near) => {
  expect(misspeltOf(size, known)).toEqual(near);
});

test.each([
  's-1vcpu-1gb',
  's-3vcpu-1gb',
  's-1vcpu-3gb',
  '512mb',
  'c-4',
  'm-2',
  'gd-2vcpu-8gb',
  'g-*',
  'gd-*',
  's-1vcpu-1gb-35gb-intel',
])('%s may be a true size', (size) => {
  expect(misspeltOf(size, known)).toEqual([]);
});
