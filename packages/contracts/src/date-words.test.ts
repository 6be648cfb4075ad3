import { describe, expect, test } from 'vitest';
import { dayRangeName, lineDaysInWords, partOfMonthIn } from './date-words.ts';

describe('the days of a line in words', () => {
  test.each([
    ['2026-04-05', '2026-04-30', '5–30 April 2026'],
    ['2026-04-30', '2026-04-30', '30 April 2026'],
    ['2026-04-30', '2026-05-01', '30 April 2026 – 1 May 2026'],
  ])('%s to %s are %s', (first, last, words) => {
    expect(dayRangeName(first, last)).toBe(words);
  });

  test.each([
    ['Studio, 2026-04-05 to 2026-04-30 (26 of 30 days)', 'Studio, 5–30 April 2026 (26 of 30 days)'],
    ['Droplet hours (from 2026-04-16, 15 of 30 days)', 'Droplet hours (from 16 April 2026, 15 of 30 days)'],
    ['list price 3 USD at 1.52 (2026-04) plus 20 %', 'list price 3 USD at 1.52 (April 2026) plus 20 %'],
    [
      '$5.00 of $9.00 that were left of this granted credit, which expires on 2026-06-01, before tax',
      '$5.00 of $9.00 that were left of this granted credit, which expires on 1 June 2026, before tax',
    ],
  ])('“%s” is written as “%s”', (line, words) => {
    expect(lineDaysInWords(line)).toBe(words);
  });

  test.each(['Audit of 2026-04-05', 'SKU-2026-04-05, new', 'Setup (from 2026-04-05)'])(
    'the text of a person stays: “%s”',
    (line) => {
      expect(lineDaysInWords(line)).toBe(line);
    },
  );

  test('a line for a part of the month names its days', () => {
    expect(partOfMonthIn('Studio, 2026-04-05 to 2026-04-30 (26 of 30 days)')).toBe('26 of 30 days');
    expect(partOfMonthIn('Studio')).toBeNull();
  });
});
