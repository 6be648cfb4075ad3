import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sourceFiles } from './exceptions.ts';

const root = path.resolve(import.meta.dirname, '..');

test('no file divides an amount by a hundred, or takes the decimals of one currency for all', () => {
  const wrong = sourceFiles().filter(
    (file) =>
      /^(services|apps|packages\/(contracts|focus|finance))\b.*\/src\/(?!.*\.test\.ts$)/.test(file) &&
      /_?cents\w* \/ 100\b|minor\w* \/ 100\b|\/ 100\)\.toFixed\(|currencyExponent\('/i.test(
        readFileSync(path.join(root, file), 'utf8'),
      ),
  );
  expect(wrong, 'use formatMinor, formatMoney or currencyExponent with the currency of the amount').toEqual([]);
});
