import { describe, expect, test } from 'vitest';
import { faultOfRates, readFxFile } from './fx-file.ts';

const problemOf = (text: string): string => {
  const read = readFxFile(text);
  return 'problem' in read ? read.problem : `${read.rates.length} rates`;
};

describe('billing-ingest: a file of exchange rates', () => {
  test.each([
    ['semicolons', 'period;from;to;rate\n2026-04;USD;AUD;1,5\n', 'separated by ";"'],
    ['a misspelt column', 'period,from,to,rate,sauce\n2026-04,USD,AUD,1.5,x\n', '"sauce" is unknown'],
    ['a column twice', 'period,from,to,rate,rate\n2026-04,USD,AUD,1.5,1.6\n', '"rate" is there twice'],
    ['a decimal comma', 'period,from,to,rate\n2026-04,USD,AUD,"1,5"\n', 'row 1: rate'],
  ])('with %s is refused by name', (_, text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  test('may hold a rate twice, but not with two values', () => {
    const rate = { period: '2026-04', from: 'USD', to: 'AUD', rate: '1.5', source: 'x' };
    expect(faultOfRates([rate, { ...rate, rate: '1.50' }, { ...rate, period: '2026-05', rate: '2' }])).toBeNull();
    expect(faultOfRates([rate, { ...rate, rate: '1.6' }])).toBe('USD to AUD in 2026-04: is given twice, 1.5 and 1.6');
  });
});
