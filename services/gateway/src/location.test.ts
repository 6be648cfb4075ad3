import { expect, test } from 'vitest';
import { locationOf, missingFields } from './location.ts';
import { methodsOf } from './methods.ts';
import { routes } from './routes/index.ts';

test('every route that creates or accepts something names where that is found, at an address that can be read', () => {
  const made = routes.filter(({ status }) => status === 201 || status === 202);
  expect(made.length).toBeGreaterThan(25);
  for (const { path, contract, location = '' } of made) {
    expect([path, missingFields(location, contract)]).toEqual([path, []]);
    const address = location.split('?')[0]?.replaceAll(/\{\w+\}/g, 'x') ?? '';
    expect([path, methodsOf(address)]).toEqual([path, expect.arrayContaining(['GET', 'HEAD'])]);
  }
});

test('a location takes its parts from the answer before the input, and they cannot leave their place in the path', () => {
  expect(locationOf('/a/{id}/b?c={of}', { id: 'x/../y' }, { id: 'z', of: 'p q&r' })).toBe(
    '/a/x%2F..%2Fy/b?c=p%20q%26r',
  );
  expect(() => locationOf('/a/{id}', {}, {})).toThrow('neither the answer nor the input has id');
});
