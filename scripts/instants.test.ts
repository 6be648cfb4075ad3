import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sourceFiles } from './exceptions.ts';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const schemas = readdirSync(path.join(root, 'services')).flatMap((service) => {
  const file = path.join('services', service, 'src/migrations/schema.txt');
  try {
    return [{ file, text: read(file) }];
  } catch {
    return [];
  }
});

/** Columns of type `date` hold days (of usage, of prices, until which something is due or valid). */
const days =
  /^(day|due_on|first_day|after_day|effective_from|valid_from|valid_until|billed_from|[a-z_]*_(day|on|date|until|from))$/;

test('every instant is stored in microseconds, and a column of days is named as one', () => {
  expect(schemas.length).toBeGreaterThan(5);
  const coarse = schemas.flatMap(({ file, text }) =>
    text
      .split('\n')
      .filter((line) => {
        const [, name = '', type = ''] = /^ {2}([a-z_]+) (.+?)( NOT NULL.*| DEFAULT.*)?$/.exec(line) ?? [];
        return /^timestamp(\(| without)|^time /.test(type) || (type === 'date' && !days.test(name));
      })
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(coarse).toEqual([]);
});

/** Files that compare a time of day. */
const wholeSeconds = ['services/billing-ingest/src/store/reconciliation/sides.ts'];

test('no SQL shows an instant coarser than it is stored', () => {
  const coarse = sourceFiles().filter(
    (file) =>
      /^(services|packages)\/[^/]+\/src\/(?!migrations)/.test(file) &&
      !wholeSeconds.includes(file) &&
      /to_char\([^`]*?HH24:MI(:SS)?(?![:.]|'\) \|\|)/.test(read(file)) &&
      !/HH24:MI:SS\.US|'US'/.test(read(file)),
  );
  expect(coarse).toEqual([]);
});
