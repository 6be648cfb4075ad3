import { brotliCompressSync, gzipSync } from 'node:zlib';

/** Values of JSON as they are written in a body, valid and invalid for most fields. */
export const oddValues: readonly string[] = [
  ...['null', 'true', '[]', '{}', '[null]', '""', '0', '-0', '-1', '1.5', '1e2', '2147483648', '9007199254740991'],
  ...['9007199254740993', '1e999', '-1e999', '1e-999', '0x10', '010', '+1', '.5', '1.', '1_000', 'NaN', 'Infinity'],
  ...['0.1000000000000000055511151231257827', '99999999999999999999999999', 'undefined', "'x'", '1n', '0b1', '1e', '-'],
  ...['{"a":1,"a":2}', '{"__proto__":{"x":1}}', '{"constructor":{"prototype":1}}', '[[[[[[[[]]]]]]]]', '"\\ud800"'],
  ...['"\\u0000"', '"a\\u0000b"', '"\\x41"', '"line\nbreak"', `"${'x'.repeat(5_000)}"`, `[${'0,'.repeat(5_000)}0]`],
  ...['{"$ref":"#"}', '[{}]', '["", ""]', '{"0":1,"length":1}', '1e-7', '-0.0', '00', '1E400'],
];

/** Texts that a person might never type. */
export const oddTexts: readonly string[] = [
  ...[
    '',
    ' ',
    '\t',
    '\n',
    '.',
    '..',
    '*',
    '>',
    '%',
    '_',
    "'",
    '"',
    '\\',
    '$1',
    '/',
    '//',
    '-',
    '--',
    ';',
    '#',
    '?',
    '&',
  ],
  ...[
    "' OR 1=1 --",
    '{{7*7}}',
    '${7*7}',
    '<script>',
    '%00',
    '\u202e',
    '\u200b',
    '\ufeff',
    '\u0001',
    '\u0085',
    '\u2028',
  ],
  ...[
    'ａｃｍｅ',
    'аcme',
    'ACME',
    'acme ',
    'acme\u0301',
    'ﬁ',
    'ß',
    'İ',
    '😀',
    '\u{10ffff}',
    'é'.repeat(200),
    'x'.repeat(300),
  ],
  ...[
    'null',
    'undefined',
    'true',
    '0',
    '-0',
    '-1',
    '1e3',
    '1e999',
    '0x10',
    '١',
    'NaN',
    'Infinity',
    '1,5',
    '1.',
    '.5',
    '+1',
  ],
  ...['99999999999999999999999999999999999999999', `0.${'0'.repeat(60)}1`, '1'.repeat(1_000), '-99999999999999999999'],
  ...[
    '2026-02-30',
    '2026-13',
    '0000-00',
    '2026-04-31T24:00:00Z',
    '275760-09-14T00:00:00Z',
    '-000001-01',
    '9999-12-31T23:59:60Z',
  ],
  ...[
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '0191f6b2-7a51-8c3e-9d1e-3f6a2b1c4d5e',
  ],
  ...[
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'prototype',
    'length',
    'file:///etc/passwd',
    'http://[::1',
  ],
];

type Odd = { text: string; isUnreadable: boolean };

/** Steps of a path, as they are sent. */
export const oddPathTexts: readonly Odd[] = [
  ...['%00', '%ff', '%c0%af', '%e0%80%80', '%ed%a0%80', '%', '%zz', '%2', '%f4%90%80%80'].map((text) => ({
    text,
    isUnreadable: true,
  })),
  ...['%2f', '%2F..%2F..', '%5c', '%2e%2e', '%2e', '..', '.', '%25', '%2500', '%252f', '%20', '%09', '%0a', '%0d%0a'],
  ...[
    '*',
    '>',
    ':',
    ';a=b',
    '@',
    '%23',
    '%3f',
    '%27',
    '%22',
    '%7b%7d',
    '{id}',
    '%F0%9F%98%80',
    '%E2%80%AE',
    '%EF%BC%8F',
  ],
  ...['', '/', 'constructor', '__proto__', '0', '-1', '1e3', '0x1', '99999999999999999999', '2026-04', 'null', 'csv'],
  ...['x'.repeat(2_000), '%41'.repeat(500), '0191f6b2-7a51-8c3e-9d1e-3f6a2b1c4d5e.pdf', 'X.pdf.pdf', '.pdf'],
].map((odd) => (typeof odd === 'string' ? { text: odd, isUnreadable: false } : odd));

const twice = (name: string, first: string, second: string): Odd => ({
  text: `${name}=${first}&${name}=${second}`,
  isUnreadable: true,
});
const refused = (text: string): Odd => ({ text, isUnreadable: true });
const perhaps = (text: string): Odd => ({ text, isUnreadable: false });

/** Query strings about a parameter. */
export const oddQueries: readonly ((name: string) => Odd)[] = [
  (name) => twice(name, '1', '2'),
  (name) => twice(name, 'acme', 'acme'),
  (name) => refused(`${name}[]=1`),
  (name) => refused(`${name}%5B0%5D=1`),
  (name) => refused(`${name}=%ff`),
  (name) => refused(`${name}=%c0%80`),
  (name) => refused(`${name}=%00`),
  (name) => refused(`${name}=a%00b`),
  (name) => refused(`${name}=%`),
  (name) => refused(`${name}=%u0041`),
  (name) => refused(`%5f_proto__[${name}]=1`),
  (name) => refused(`${name.toUpperCase()}=1`),
  (name) => perhaps(`${name}=`),
  (name) => perhaps(`${name}`),
  () => perhaps('&&&='),
  () => perhaps('?'),
  () => perhaps('='),
  ...[
    ...oddTexts,
    '["a"]',
    'eyJ9',
    'WyJhIl0',
    '1',
    '500',
    '501',
    '1.0',
    '01',
    ' 5',
    '5 ',
    '٣',
    'name,-name',
    '-',
    '-name',
    '--name',
  ].map((text) => (name: string) => perhaps(`${name}=${encodeURIComponent(text)}`)),
  ...['0x10', '1e1', '-0', '01', '+5', '1.0', '%205', '5%20', '0', '501', '9007199254740993', 'Infinity', ''].map(
    (text) => () => refused(`limit=${text}&limit=1`),
  ),
  ...['0x10', '1e1', '-1', '01', '%2B5', '1.0', '%205', '5%20', '100000', 'Infinity'].map(
    (text) => () => perhaps(`limit=${text}`),
  ),
  () => perhaps(`cursor=${Buffer.from('["infinity","x"]').toString('base64url')}`),
  () => perhaps(`cursor=${'A'.repeat(4_000)}`),
  () => perhaps('total=yes'),
  () => perhaps(`sort=${'a'.repeat(200)}`),
];

const inside = (text: string, bytes: readonly number[]): Buffer =>
  Buffer.concat([Buffer.from('{"unknown":"'), Buffer.from(bytes), Buffer.from(`",${text.slice(1)}`)]);

/** Bodies that no reader may take for JSON of one meaning, made from a valid one. */
export const oddBytes: readonly { what: string; make: (text: string) => Buffer }[] = [
  { what: 'is empty array text', make: () => Buffer.from('[') },
  { what: 'in UTF-16 with a mark', make: (text) => Buffer.from(`\ufeff${text}`, 'utf16le') },
  { what: 'in UTF-16', make: (text) => Buffer.from(text, 'utf16le') },
  { what: 'with two marks', make: (text) => Buffer.from(`\ufeff\ufeff${text}`) },
  { what: 'compressed with gzip', make: (text) => gzipSync(text) },
  { what: 'compressed with br', make: (text) => brotliCompressSync(text) },
  { what: 'followed by another', make: (text) => Buffer.from(`${text}${text}`) },
  { what: 'cut off', make: (text) => Buffer.from(text.slice(0, -1)) },
  { what: 'with a trailing comma', make: (text) => Buffer.from(`${text.slice(0, -1)},}`) },
  { what: 'with a comment', make: (text) => Buffer.from(`/* c */${text}`) },
  { what: 'with a NUL behind', make: (text) => Buffer.from(`${text}\0`) },
  { what: 'with form fields', make: () => Buffer.from('a=1&b=2') },
  { what: 'with a repeated field', make: (text) => Buffer.from(`{"reason":1,"reason":1,${text.slice(1)}`) },
  {
    what: 'with a field repeated in escapes',
    make: (text) => Buffer.from(`{"name":"a","n\\u0061me":"b",${text.slice(1)}`),
  },
  {
    what: 'with a repeated field far inside',
    make: (text) => Buffer.from(`{"x":[{"y":{"z":1,"z":2}}],${text.slice(1)}`),
  },
  { what: 'with __proto__', make: (text) => Buffer.from(`{"__proto__":{"roles":["platform_admin"]},${text.slice(1)}`) },
  { what: 'with __proto__ in escapes', make: (text) => Buffer.from(`{"\\u005f\\u005fproto__":1,${text.slice(1)}`) },
  { what: 'nested 65 deep', make: () => Buffer.from(`${'[['.repeat(33)}${']]'.repeat(33)}`) },
  { what: 'nested 100,000 deep', make: () => Buffer.from('{"a":'.repeat(100_000)) },
  { what: 'as a number', make: () => Buffer.from('5') },
  { what: 'as null', make: () => Buffer.from('null') },
  { what: 'as a text', make: () => Buffer.from('"text"') },
  { what: 'as an infinite number', make: () => Buffer.from('{"limit":1e999}') },
  ...[[0xe9], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xff, 0xfe], [0x00], [0x0a]].map(
    (bytes) => ({
      what: `with the bytes ${Buffer.from(bytes).toString('hex')}`,
      make: (text: string) => inside(text, bytes),
    }),
  ),
  { what: 'of a megabyte', make: () => Buffer.from(`{"a":"${'x'.repeat(1024 * 1024)}"}`) },
];
