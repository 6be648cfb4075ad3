import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { remedies } from '../packages/platform/src/service/remedies.ts';

const root = path.resolve(import.meta.dirname, '..');
const handbook = readFileSync(path.join(root, 'docs/operations.md'), 'utf8');

const sources = ['packages', 'services', 'apps'].flatMap((room) =>
  readdirSync(path.join(root, room)).flatMap((name) => {
    const folder = path.join(root, room, name, 'src');
    try {
      return readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .map((file) => path.join(folder, file));
    } catch {
      return [];
    }
  }),
);

/** The texts of all alarms: the string after each object with `alarm: true`. An alarm whose text is made elsewhere gives its name. */
const alarms = sources.flatMap((file) =>
  Array.from(
    readFileSync(file, 'utf8').matchAll(/alarm: true[^}]*\},\s*(?:'([^']+)'|`([^`]+)`|(\w+))/g),
    ([, plain, template, name]) => ({ file, words: plain ?? longestPart(template ?? '') ?? '', name: name ?? null }),
  ),
);

/** Of a template the longest part that does not change. */
function longestPart(template: string): string {
  const parts = template.split(/\$\{[^}]*\}/).map((part) => part.replace(/^[;,\s]+/, '').trim());
  return parts.toSorted((a, b) => b.length - a.length)[0] ?? '';
}

test('every alarm of the log stands in docs/operations.md, in its own words', () => {
  expect(alarms.length).toBeGreaterThan(10);
  const missing = alarms.filter(({ words, name }) => name === null && !handbook.includes(words));
  expect(missing).toEqual([]);
});

test('what to do about each fact of health is the same in docs/operations.md', () => {
  const missing = Object.entries(remedies).filter(([, remedy]) => !handbook.includes(remedy));
  expect(missing).toEqual([]);
});

test('every fact that a service checks or reports has a remedy', () => {
  const reported = sources.flatMap((file) =>
    Array.from(
      readFileSync(file, 'utf8').matchAll(/health\.report\(\s*(?:'([^']+)'|`([^`$]+) \$)|\bcheck\('([^']+)'/g),
      ([, plain, template, check]) => plain ?? template ?? check ?? '',
    ),
  );
  expect(reported.length).toBeGreaterThan(8);
  expect(reported.filter((name) => remedies[name] === undefined)).toEqual([]);
});
