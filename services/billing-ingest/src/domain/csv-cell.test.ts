import { expect, test } from 'vitest';
import { csvCell, csvRow } from './csv-cell.ts';

test('a text that a spreadsheet would run is defused, a number stays one', () => {
  expect(['=1+1', '+1-1', '@SUM(A1)', '-cmd', '\tx', '\rx', '="a",b'].map(csvCell)).toEqual([
    "'=1+1",
    "'+1-1",
    "'@SUM(A1)",
    "'-cmd",
    "'\tx",
    '"\'\rx"',
    '"\'=""a"",b"',
  ]);
  expect(['-1.50', -3, '0', null, true].map(csvCell)).toEqual(['-1.50', '-3', '0', '', 'true']);
});

test('a row is separated by commas and ends in CRLF', () => expect(csvRow(['a b', 'c"d', 1])).toBe('a b,"c""d",1\r\n'));
