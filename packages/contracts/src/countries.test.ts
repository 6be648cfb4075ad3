import { expect, test } from 'vitest';
import { countryCode, knownCountry } from './countries.ts';

const faultOf = (code: string): string | null => knownCountry.safeParse(code).error?.issues[0]?.message ?? null;

test('a country that exists is accepted, and each of the 249 of ISO 3166 once', () => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');
  const accepted = letters.flatMap((a) => letters.map((b) => a + b)).filter((code) => faultOf(code) === null);
  expect(accepted).toEqual(expect.arrayContaining(['AU', 'GB', 'US', 'DE', 'JP', 'KR', 'SA', 'NZ']));
  // And XK, which is Kosovo's by use alone.
  expect(accepted).toHaveLength(250);
});

test.each(['XQ', 'QX', 'ZZ', 'EU', 'XA'])('%s is no country, and stays readable', (code) => {
  expect(faultOf(code)).toBe('a country of ISO 3166, such as AU');
  expect(countryCode.safeParse(code).success).toBe(true);
});

test('a former or reserved code leads to the one that is in use', () => {
  expect(faultOf('UK')).toBe('a country of ISO 3166, such as AU; United Kingdom is GB');
  expect(faultOf('TP')).toBe('a country of ISO 3166, such as AU; Timor-Leste is TL');
});

test('what is no code of two letters is refused once, as such', () => {
  expect(knownCountry.safeParse('Australia').error?.issues.map(({ message }) => message)).toEqual([
    'an ISO 3166 code of two letters such as AU',
  ]);
});
