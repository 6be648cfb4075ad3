import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { plantedBugs, withBug } from './planted-bugs-list.ts';

const root = path.resolve(import.meta.dirname, '..');

test.each(plantedBugs)('the planted bug "$name" still finds its place in the code, and its suites are there', (bug) => {
  const text = readFileSync(path.join(root, bug.file), 'utf8');
  expect(withBug(bug, text)).not.toBe(text);
  expect(bug.suites.filter((suite) => !existsSync(path.join(root, suite)))).toEqual([]);
});
