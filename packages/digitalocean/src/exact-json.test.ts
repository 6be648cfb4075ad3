import { expect, it } from 'vitest';
import { parseExactJson, parsePlainJson } from './exact-json.ts';

it('a number that a float would bend comes out as the text it had', () => {
  expect(
    parseExactJson('{"a":0.00743999984115362,"b":5,"c":5.0,"d":12345678901234567890,"e":1e3,"f":[0.1,-2]}'),
  ).toEqual({
    a: '0.00743999984115362',
    b: 5,
    c: '5.0',
    d: '12345678901234567890',
    e: '1e3',
    f: ['0.1', -2],
  });
});

it('an id that no float can hold is text also where fractions are read plainly', () => {
  expect(parsePlainJson('{"id":9007199254740993,"price":0.00743999984115362}')).toEqual({
    id: '9007199254740993',
    price: '0.00743999984115362',
  });
  expect(parsePlainJson('{"id": 5,"price":0.5}')).toEqual({ id: 5, price: 0.5 });
});

it.each([parseExactJson, parsePlainJson])(
  '%o replaces characters that Postgres cannot store, and no others',
  (parse) => {
    expect(parse('{"a":"nul \\u0000 half \\ud83d","b":"whole \\ud83d\\ude00","c":["\\\\u0000"]}')).toEqual({
      a: 'nul \ufffd half \ufffd',
      b: 'whole 😀',
      c: ['\\u0000'],
    });
  },
);
