import { expect, test } from 'vitest';
import { type CsvCell, csvChunks, csvText } from './csv.ts';

const cell = (value: CsvCell): string => csvText([[value, 'x']]).slice(0, -',x\r\n'.length);

test('csv: text that a spreadsheet would run as a formula gets an apostrophe, a number stays a number', () => {
  expect(['=1+1', '+1-1', '@SUM(A1)', '-cmd', '-2+3', '\tx', '\rx', '="a",b'].map(cell)).toEqual([
    "'=1+1",
    "'+1-1",
    "'@SUM(A1)",
    "'-cmd",
    "'-2+3",
    "'\tx",
    '"\'\rx"',
    '"\'=""a"",b"',
  ]);
  expect(['-1.50', -3, '0', null, true, ''].map(cell)).toEqual(['-1.50', '-3', '0', '', 'true', '']);
});

test('csv: cells with a comma, a quote or a line break are quoted, and lines end in CRLF', () => {
  expect(csvText([['a b', 'c"d', 1]])).toBe('a b,"c""d",1\r\n');
  expect(['a,b', 'a\nb', 'a\rb', 'a\r\nb'].map(cell)).toEqual(['"a,b"', '"a\nb"', '"a\rb"', '"a\r\nb"']);
});

test('csv: a file of many rows comes in chunks, each row once and in order', () => {
  const rows = Array.from({ length: 1001 }, (_, index) => [index, `n${index}`]);
  const chunks = [...csvChunks(['number', 'name'], rows)];
  expect(chunks).toHaveLength(3);
  expect(chunks.join('')).toBe(`number,name\r\n${rows.map((row) => `${row.join(',')}\r\n`).join('')}`);
  expect([...csvChunks(['number'], [])]).toEqual(['number\r\n']);
});
