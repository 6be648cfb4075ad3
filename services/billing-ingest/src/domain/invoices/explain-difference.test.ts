import { expect, test } from 'vitest';
import { explainDifference } from './explain-difference.ts';

const none = { overages: 0, taxes: 0, credits: 0 };
const explained = (...given: Parameters<typeof explainDifference>) =>
  explainDifference(...given).map(({ kind, product, amount_minor }) => [kind, product, amount_minor]);

test.each([
  [
    'a credit in the summary alone',
    -3000,
    { ...none, credits: -3000 },
    none,
    [['account', 'Credits & adjustments', -3000]],
  ],
  [
    'overages and tax in the summary alone',
    345,
    { ...none, overages: 259, taxes: 86 },
    none,
    [
      ['account', 'Overages', 259],
      ['tax', 'Taxes', 86],
    ],
  ],
  ['tax of which the lines have a part', 40, { ...none, taxes: 100 }, { ...none, taxes: 60 }, [['tax', 'Taxes', 40]]],
  [
    'a credit that the lines have',
    86,
    { ...none, taxes: 86, credits: -500 },
    { ...none, credits: -500 },
    [['tax', 'Taxes', 86]],
  ],
  ['nothing of the summary', 1, { overages: 259, taxes: 86, credits: -500 }, none, []],
  ['a summary without such amounts', 7, none, none, []],
  ['no difference', 0, { ...none, credits: -3000 }, none, []],
])('billing-ingest: a difference is explained by %s, or not at all', (_, difference, summary, held, lines) => {
  expect(explained(difference, summary, held)).toEqual(lines);
});
