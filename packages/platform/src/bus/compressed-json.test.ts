import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compressed, compressJson, decompressJson } from './compressed-json.ts';
import { maxMessageBytes } from './message.ts';

const long = { lines: Array.from({ length: 500 }, (_, index) => `line ${index} with “quotes” and é`) };

test('long JSON becomes a JSON string of less than half its length, which gives the same value again', () => {
  const text = JSON.stringify(long);
  const short = compressJson(text);
  expect(short.length).toBeLessThan(text.length / 2);
  expect(decompressJson(JSON.parse(short) as string)).toEqual(long);
});

test('whatever JSON is given, the value stays', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.integer({ min: 1, max: 400 }), (value, times) => {
      const text = JSON.stringify(Array.from({ length: times }, () => value));
      const kept: unknown = JSON.parse(compressJson(text));
      expect(typeof kept === 'string' ? decompressJson(kept) : kept).toEqual(JSON.parse(text));
    }),
  );
});

test('short JSON, and what would hardly become shorter, stays as it is', () => {
  const random = JSON.stringify({
    text: Buffer.from(crypto.getRandomValues(new Uint8Array(20_000))).toString('base64'),
  });
  for (const text of [JSON.stringify({ n: 1 }), random]) expect(compressJson(text)).toBe(text);
});

test('what is longer than a message may be stays as it is, and is refused by the reader, as is what is not compressed', () => {
  const huge = JSON.stringify('x'.repeat(maxMessageBytes));
  expect(compressJson(huge)).toBe(huge);
  expect(() => decompressJson(zstdCompressSync(huge).toString('base64'))).toThrow();
  expect(() => decompressJson('bm9uZQ==')).toThrow();
});

test('a compressed message keeps its headers and names its coding', () => {
  const event = {
    ...{ id: 'a', stream: 's', type: 't', version: 1, subject: 't.a', occurredAt: '2026-04-01T00:00:00Z' },
    ...{ part: null, parts: null, headers: { traceparent: '00' }, payload: JSON.stringify(long) },
  };
  expect(compressed(event).headers).toEqual({ traceparent: '00', 'arcadia-coding': 'zstd' });
  expect(compressed({ ...event, payload: '{}' })).toEqual({ ...event, payload: '{}' });
});
