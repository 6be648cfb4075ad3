import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventId, resourceId, token, untoken, uuid } from './ids.ts';

/** Any character, half ones included; the library's own such strings take it seconds to prepare. */
const character = fc.nat({ max: 0x10_ff_ff }).map((code) => String.fromCodePoint(code));

test('a subject token holds nothing a subject would read, and gives its value back', () => {
  fc.assert(
    fc.property(fc.string({ unit: character }), (value) => {
      const made = token(value);
      expect(made).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(untoken(made)).toBe(Buffer.from(value, 'utf8').toString('utf8'));
    }),
    { numRuns: 200 },
  );
});

test('two values never share a token', () => {
  expect(new Set(['acme.com', 'acme_com', 'acme_2ecom', '>', '*', '', '_'].map(token)).size).toBe(7);
});

test('a resource has one id, whichever service derives it', () => {
  const id = resourceId('digitalocean', 'droplet', '3164494');
  expect(uuid.safeParse(id).success).toBe(true);
  expect(id[14]).toBe('5');
  expect(resourceId('digitalocean', 'droplet', '3164494')).toBe(id);
  expect(resourceId('digitalocean', 'volume', '3164494')).not.toBe(id);
});

test('an event id is a function of type and key alone', () => {
  expect(eventId('resource.observed', 'a:1')).toBe(eventId('resource.observed', 'a:1'));
  expect(eventId('resource.observed', 'a:1')).not.toBe(eventId('resource.observed', 'a:2'));
  expect(uuid.safeParse(eventId('a', 'b')).success).toBe(true);
});
