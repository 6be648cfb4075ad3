import { describe, expect, test } from 'vitest';
import { readListPriceFile } from './list-price-file.ts';

const problemOf = (text: string): string => {
  const read = readListPriceFile(text);
  return 'problem' in read ? read.problem : `${read.prices.length} prices`;
};

describe('invoicing: a file of list prices', () => {
  test('may begin with a byte order mark, end its lines as Windows does, and leave lines empty', () => {
    const text = '\uFEFFKind, Dimension ,price_monthly\r\n\r\ndroplet_hours,s-1,"6.00"\r\n';
    expect(readListPriceFile(text)).toMatchObject({
      prices: [{ kind: 'droplet_hours', dimension: 's-1', price_monthly: '6.00', currency: 'USD' }],
    });
    expect([problemOf(''), problemOf('kind,price_monthly\n')]).toEqual(['0 prices', '0 prices']);
  });

  test.each([
    ['semicolons', 'kind;dimension;price_monthly\ndroplet_hours;s-1;6,00\n', 'separated by ";"'],
    ['tabs', 'kind\tprice_monthly\ndroplet_hours\t6\n', 'separated by tabs'],
    ['a misspelt column', 'kind,price_monthly,valid_form\ndroplet_hours,6,2026-04-01\n', '"valid_form" is unknown'],
    ['a column twice', 'kind,unit_price,unit_price\nvolume_gb_month,1,2\n', '"unit_price" is there twice'],
    ['a column without a name', 'kind,unit_price,\nvolume_gb_month,1,\n', 'the column "" is unknown'],
    ['no header', 'droplet_hours,s-1,6\n', '"droplet_hours" is unknown'],
    ['a separator of thousands', 'kind,price_monthly\ndroplet_hours,"1,234.56"\n', 'row 1: price_monthly: a price'],
    ['a decimal comma', 'kind,price_monthly\ndroplet_hours,"6,00"\n', 'row 1: price_monthly: a price'],
    ['a sign of a currency', 'kind,price_monthly\ndroplet_hours,$6\n', 'row 1: price_monthly: a price'],
    ['an exponent', 'kind,price_monthly\ndroplet_hours,1e3\n', 'row 1: price_monthly: a price'],
    ['a price below zero', 'kind,price_monthly\ndroplet_hours,-6\n', 'row 1: price_monthly: a price'],
    ['a row that is too short', 'kind,dimension,price_monthly\ndroplet_hours,6\n', 'Invalid Record Length'],
    ['a row that is too long', 'kind,price_monthly\ndroplet_hours,1,234.56\n', 'Invalid Record Length'],
    ['no day', 'kind,price_monthly,valid_from\ndroplet_hours,6,2026-02-30\n', 'row 1: valid_from'],
    ['a currency that is none', 'kind,price_monthly,currency\ndroplet_hours,6,XYZ\n', 'row 1: currency'],
    ['no kind', 'kind,price_monthly\n,6\n', 'row 1: kind'],
  ])('with %s is refused by name', (_, text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });
});
