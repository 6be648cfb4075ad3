import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalDecimal } from './decimal.ts';
import { canonicalJson, contentHash } from './json.ts';

test('equal content has equal canonical form, whatever the order of its keys', () => {
  const reordered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reordered);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, item]) => [key, reordered(item)]),
    );
  };
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(contentHash(reordered(value))).toBe(contentHash(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 200 },
  );
});

test('keys stand in code-unit order and undefined is left out', () => {
  expect(canonicalJson({ b: 1, a: [true, null], '€': 'x', c: undefined })).toBe('{"a":[true,null],"b":1,"€":"x"}');
});

test('keys that JavaScript would order or place by itself stand in code-unit order as well', () => {
  const text = '{"10":1,"9":{"__proto__":{"b":1},"a":"\\"é"},"a":2}';
  expect(canonicalJson(JSON.parse('{"a":2,"9":{"a":"\\"é","__proto__":{"b":1}},"10":1}'))).toBe(text);
});

test('a value that JSON cannot hold is refused', () => {
  expect(() => canonicalJson(Number.NaN)).toThrow(TypeError);
  expect(() => canonicalJson(1n)).toThrow(TypeError);
  expect(() => canonicalJson({ 1: [() => 1] })).toThrow(TypeError);
  expect(() => canonicalJson([undefined])).toThrow(TypeError);
});

test('a number has one spelling', () => {
  expect(['1.50', '0.000', '-0', '100', '1e3'].map(canonicalDecimal)).toEqual(['1.5', '0', '0', '100', '1000']);
});
