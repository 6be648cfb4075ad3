import { expect, test } from 'vitest';
import { findJsonFault } from './find-json-fault.ts';

const placeOf = (text: string): string | undefined => findJsonFault(text, 8)?.pointer;

test('a field that an object has twice is found with its place, however it is spelled', () => {
  expect(placeOf('{"a":1,"a":1}')).toBe('/a');
  expect(placeOf('{"a":1,"\\u0061":2}')).toBe('/a');
  expect(placeOf('{"x":[{},{"b/c":{"d":[1,{"e~":1, "f":[], "e~":2}]}}]}')).toBe('/x/1/b~1c/d/1/e~0');
  expect(placeOf('[{"a":{"a":1}},{"a":1}, "a", "a", {"":1,"b":"\\"a\\\\","c":"\\\\"}]')).toBeUndefined();
  expect(placeOf('{"":1,"":1}')).toBe('/');
  expect(placeOf('{"constructor":1,"toString":1,"hasOwnProperty":2}')).toBeUndefined();
});

test('text in a value is never taken for structure', () => {
  const value = { note: '{"a":1,"a":2}[[[[[[[[[[', path: 'C:\\', quote: '"', both: '\\"', other: ',"note":1' };
  expect(findJsonFault(JSON.stringify([value, [value]]), 4)).toBeNull();
});

test('a number that would be rounded is found, and every spelling of an exact one is allowed', () => {
  const rounded = [
    '9007199254740993',
    '1e999',
    '-1e400',
    '0.1000000000000000055511151231',
    '1e-400',
    '12345678901234567890',
  ];
  for (const number of rounded) expect([number, placeOf(`{"a":[0,${number}]}`)]).toEqual([number, '/a/1']);
  const exact = [
    '0',
    '-0',
    '1e2',
    '1.50E+3',
    '0.1',
    '100000000000000000000',
    '1e-7',
    '0e5',
    '9007199254740992',
    '0.00',
    '-1.5e-9',
  ];
  for (const number of exact) expect([number, placeOf(`{"a":[0,${number}]}`)]).toEqual([number, undefined]);
});

test('what cannot be kept is found with its place', () => {
  expect(placeOf('{"a":["x","\\u0000"]}')).toBe('/a/1');
  expect(placeOf('{"a":"\\ud800"}')).toBe('/a');
  expect(placeOf('{"a":"\\ud83d\\ude00"}')).toBeUndefined();
  expect(placeOf('{"a":{"\\u005f_proto__":1}}')).toBe('/a/__proto__');
  expect(placeOf(`${'['.repeat(8)}${']'.repeat(8)}`)).toBeUndefined();
  expect(placeOf(`${'['.repeat(9)}${']'.repeat(9)}`)).toBe('/0'.repeat(8));
});

test('a text that is not JSON is left to the parser, and ends the search', () => {
  for (const text of ['', '"', '"\\', '{"a', '{"a":"\\x"', '}}}]', '{"a" 1 "a"', '-', '1e', '--1', '{,,"a"', '[1,,2'])
    expect([text, findJsonFault(text, 8)]).toEqual([text, null]);
});

test('the text of a megabyte is searched in a fraction of a second', () => {
  const events = Array.from({ length: 9_000 }, (_, index) => ({
    id: `request-${index}`,
    quantity: '1',
    data: { a: 1 },
  }));
  for (const text of [
    JSON.stringify(events),
    `["${'\\"'.repeat(450_000)}"]`,
    `["${'\\\\'.repeat(450_000)}"]`,
    `[${'1'.repeat(900_000)}]`,
    `[1${'0'.repeat(900_000)}1]`,
  ]) {
    const started = performance.now();
    findJsonFault(text, 64);
    expect(performance.now() - started).toBeLessThan(1_000);
  }
});
