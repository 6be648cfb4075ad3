import { expect, it } from 'vitest';
import { parseExactJson } from './exact-json.ts';

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
