type OddHeader = { name: string; value: string; isUnreadable?: boolean };
const long = 'x'.repeat(20_000);

/** Headers that a client may send wrongly, or an attacker on purpose. */
export const oddHeaders: readonly OddHeader[] = [
  ...['', ' ', 'a, b', '"quoted"', 'é', `${'k'.repeat(255)}`, '../..', '*', "' OR 1=1"].map((value) => ({
    name: 'Idempotency-Key',
    value,
  })),
  { name: 'Idempotency-Key', value: 'k'.repeat(256), isUnreadable: true },
  ...['*', '"x"', 'W/"x"', 'x', '', '"a", "b"', '"', ',', '"\\"', '*, "a"', '"unterminated'].map((value) => ({
    name: 'If-Match',
    value,
  })),
  ...[
    '*/*',
    '',
    ',',
    ';',
    'application/json;q=2',
    'application/json;q=',
    '*/*;q=0.0001',
    '/',
    'a/b/c',
    '*',
    long.slice(0, 5_000),
  ].map((value) => ({ name: 'Accept', value })),
  ...['gzip', 'br', 'identity;q=0', '*;q=0', 'gzip;q=0, identity', ',', 'GZIP', 'gzip;q=1.5', 'x-gzip', ''].map(
    (value) => ({
      name: 'Accept-Encoding',
      value,
    }),
  ),
  ...[
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'Bearer a.b.c',
    'Bearer a b',
    `Bearer ${'a'.repeat(8_000)}`,
    'bearer null',
  ].map((value) => ({
    name: 'Authorization',
    value,
    isUnreadable: true,
  })),
  ...['gzip', 'br', 'zstd', 'identity, gzip', 'unknown'].map((value) => ({ name: 'Content-Encoding', value })),
  ...[
    '',
    'text/plain',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=latin1',
    'json',
    '*/*',
    ';',
  ].map((value) => ({ name: 'Content-Type', value })),
  ...['a', ', ', 'é', 'x'.repeat(300), '"><script>'].map((value) => ({ name: 'X-Request-Id', value })),
  ...['00-0-0-00', 'ff-', '00-00000000000000000000000000000000-0000000000000000-00', ''].map((value) => ({
    name: 'traceparent',
    value,
  })),
  ...['', '0', '....', 'x'.repeat(3_000), '-1', 'AAAAAAAA.0.0.0.0.0.0'].map((value) => ({
    name: 'Last-Event-ID',
    value,
  })),
  ...['gateway, other', '', 'a b', 'gateway:99999', '[::1', 'é', '..', 'x'.repeat(3_000)].map((value) => ({
    name: 'Host',
    value,
  })),
  ...['DELETE', 'GET', 'PUT'].map((value) => ({ name: 'X-HTTP-Method-Override', value })),
  ...['bytes=0-1', 'bytes=-1', 'items=0-1'].map((value) => ({ name: 'Range', value })),
  ...['null', 'https://evil.example', 'x'.repeat(3_000)].map((value) => ({ name: 'Origin', value })),
  ...['upgrade', 'close', 'keep-alive, Authorization'].map((value) => ({ name: 'Connection', value })),
  { name: 'Expect', value: '200-ok' },
  { name: 'X-Forwarded-For', value: long.slice(0, 3_000) },
  { name: 'X-Long', value: long, isUnreadable: true },
  { name: 'X Bad', value: '1', isUnreadable: true },
  { name: 'X-Bad', value: 'a\u0001b', isUnreadable: true },
  { name: 'X-Bad', value: 'a\0b', isUnreadable: true },
  { name: 'Content-Length', value: '-1', isUnreadable: true },
  { name: 'Content-Length', value: '1, 2', isUnreadable: true },
  { name: 'Content-Length', value: '0x5', isUnreadable: true },
  { name: 'Content-Length', value: '9007199254740993', isUnreadable: true },
  { name: 'Transfer-Encoding', value: 'gzip, chunked', isUnreadable: true },
  { name: 'Transfer-Encoding', value: 'chunked, identity', isUnreadable: true },
  { name: 'Transfer-Encoding', value: 'xchunked', isUnreadable: true },
];
