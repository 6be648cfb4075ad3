import { z } from 'zod';

/** Codes that the runtime names, and that are no country: of regions, of islands within a country, of tests. XK, of Kosovo, is in use everywhere. */
const noCountries: ReadonlySet<string> = new Set('AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ'.split(' '));

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** The code that ISO 3166 has now for a country: GB for UK. Null: there is no such country. */
const currentCode = (code: string): string | null =>
  names.of(code) === undefined || noCountries.has(code) ? null : (new Intl.Locale(`und-${code}`).region ?? null);

/** A country as stored: a code accepted once stays readable. */
export const countryCode = z.string().regex(/^[A-Z]{2}$/, 'an ISO 3166 code of two letters such as AU');

/** A country on input: one that exists, since the registration numbers on documents are named by it. */
export const knownCountry = countryCode.refine((code) => !/^[A-Z]{2}$/.test(code) || currentCode(code) === code, {
  error: ({ input }) => {
    const current = currentCode(String(input));
    return current === null
      ? 'a country of ISO 3166, such as AU'
      : `a country of ISO 3166, such as AU; ${names.of(current)} is ${current}`;
  },
});
