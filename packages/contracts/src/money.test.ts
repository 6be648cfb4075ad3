import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Decimal } from './decimal.ts';
import {
  allocate,
  currencyCode,
  currencyExponent,
  formatMinor,
  formatMoney,
  formatMoneyNamed,
  formatMoneyPrice,
  formatUnitPrice,
  groupThousands,
  knownCurrency,
  roundHalfUp,
} from './money.ts';

describe('allocate', () => {
  test('shares $10.00 by three as 3.34, 3.33, 3.33', () => {
    expect(allocate(1000, [1, 1, 1])).toEqual([334, 333, 333]);
  });

  test('shares a credit as it shares a charge', () => {
    expect(allocate(-1000, [1, 1, 1])).toEqual([-334, -333, -333]);
  });

  test('gives the units left over to the largest remainders', () => {
    // 142.857…, 285.714… and 571.428…
    expect(allocate(1000, [1, 2, 4])).toEqual([143, 286, 571]);
    expect(allocate(1000, [4, 2, 1])).toEqual([571, 286, 143]);
  });

  test('splits evenly where all weights are zero', () => {
    expect(allocate(5, ['0', '0'])).toEqual([3, 2]);
  });

  test('adds up to the whole, each share within one unit of the exact one', () => {
    const weights = fc.array(fc.tuple(fc.nat(1_000_000), fc.nat(999)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), weights, (amount, pairs) => {
        const texts = pairs.map(([whole, thousandths]) => `${whole}.${String(thousandths).padStart(3, '0')}`);
        const shares = allocate(amount, texts);
        const sum = texts.reduce((total, text) => total.plus(text), new Decimal(0));
        expect(shares.reduce((total, share) => total + share, 0)).toBe(amount);
        if (sum.isZero()) return;
        shares.forEach((share, index) => {
          const exact = new Decimal(amount).times(texts[index] ?? 0).div(sum);
          expect(exact.minus(share).abs().lt(1)).toBe(true);
        });
      }),
      { numRuns: 200 },
    );
  });

  test('refuses a negative weight', () => {
    expect(() => allocate(1, ['-1', '2'])).toThrow('negative');
  });
});

describe('rounding', () => {
  test.each([
    ['0.5', 1],
    ['-0.5', -1],
    ['12.5', 13],
    ['1000.4', 1000],
    ['-0.4', 0],
  ])('%s minor units round to %i, half away from zero', (exact, rounded) => {
    expect(Object.is(roundHalfUp(new Decimal(exact)), rounded)).toBe(true);
  });

  test('is symmetric about zero and at most half a unit off', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }), (thousandths) => {
        const exact = new Decimal(thousandths.toString()).div(1000);
        const rounded = roundHalfUp(exact);
        expect(exact.minus(rounded).abs().lte('0.5')).toBe(true);
        expect(roundHalfUp(exact.neg())).toBe(rounded === 0 ? 0 : -rounded);
      }),
      { numRuns: 200 },
    );
  });
});

test('a currency that does not exist may be read but not entered', () => {
  const taken = (code: string) => [currencyCode, knownCurrency].map((schema) => schema.safeParse(code).success);
  expect([taken('AUD'), taken('KWD'), taken('ZZZ'), taken('aud'), taken('XAU')]).toEqual([
    [true, true],
    [true, true],
    [true, false],
    [false, false],
    [true, false],
  ]);
});

/** Numbers of decimals other than two, as list one of ISO 4217 has them (SIX, amendment 179). */
const otherDecimals: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

test.each(Object.entries(otherDecimals))(
  'currencies with %s decimals are entered and written by ISO 4217',
  (digits, codes) => {
    for (const code of codes.split(' ')) {
      expect([code, knownCurrency.safeParse(code).success, currencyExponent(code)]).toEqual([
        code,
        true,
        Number(digits),
      ]);
      expect(formatMinor(1, code)).toBe(Number(digits) === 0 ? '1' : `0.${'1'.padStart(Number(digits), '0')}`);
    }
  },
);

test('writes amounts with the decimal places of their currency', () => {
  expect([
    formatMinor(7064, 'AUD'),
    formatMinor(-5, 'AUD'),
    formatMinor(1200, 'JPY'),
    formatMinor(1234, 'KWD'),
  ]).toEqual(['70.64', '-0.05', '1200', '1.234']);
  expect(currencyExponent('AUD')).toBe(2);
});

test('money: every currency has the decimal places of ISO 4217', () => {
  const without = [
    'BIF',
    'CLP',
    'DJF',
    'GNF',
    'ISK',
    'JPY',
    'KMF',
    'KRW',
    'PYG',
    'RWF',
    'UGX',
    'VND',
    'VUV',
    'XAF',
    'XOF',
    'XPF',
  ];
  const thousandths = ['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'];
  // Intl gives these none, ISO gives them two.
  const hundredths = ['HUF', 'IDR', 'COP', 'PKR', 'AUD', 'EUR', 'USD'];
  const exponentsOf = (codes: readonly string[]): number[] => [...new Set(codes.map(currencyExponent))];
  expect([exponentsOf(without), exponentsOf(thousandths), exponentsOf(hundredths)]).toEqual([[0], [3], [2]]);
  const others = Intl.supportedValuesOf('currency').filter(
    (code) => currencyExponent(code) !== 2 && !without.includes(code) && !thousandths.includes(code),
  );
  // Units of account, which have no minor unit at all.
  expect(others).toEqual(['XDR', 'XSU']);
});

test.each([
  ['BIF', '1234', '0.5'],
  ['JPY', '1234', '0.5'],
  ['AUD', '12.34', '0.005'],
  ['KWD', '1.234', '0.0005'],
  ['LYD', '1.234', '0.0005'],
])('money: 1234 minor units of %s are written %s, and a unit price of half a unit %s', (currency, amount, half) => {
  expect(formatMinor(1234, currency)).toBe(amount);
  expect(formatUnitPrice('1234', currency)).toBe(amount);
  expect(formatUnitPrice('0.50009', currency)).toBe(half);
});

test.each([
  ['AUD', -123_450, '-$1,234.50'],
  ['USD', 5000, '$50.00'],
  ['JPY', 5000, '¥5,000'],
  ['KWD', 1_234_567, 'KWD 1,234.567'],
  ['IQD', 23_188, 'IQD 23.188'],
  ['EUR', 0, '€0.00'],
  ['CLF', 1_234_567, 'CLF 123.4567'],
  ['UYW', -5, '-UYW 0.0005'],
  ['XCG', 5000, 'Cg. 50.00'],
  ['THB', 5000, 'THB 50.00'],
  ['KZT', 5000, '₸50.00'],
])('money: in %s, %i minor units are read as %s', (currency, amount, text) => {
  expect(formatMoney(amount, currency)).toBe(text);
  expect(formatMoneyPrice(String(amount), currency)).toBe(text);
});

test.each([
  ['AUD', 5000, '$50.00 AUD'],
  ['USD', -5000, '-$50.00 USD'],
  ['JPY', 5000, '¥5,000 JPY'],
  ['KWD', 1234, 'KWD 1.234'],
])('money: in %s, %i minor units with the currency named are %s', (currency, amount, text) => {
  expect(formatMoneyNamed(amount, currency)).toBe(text);
});

test('money: a unit price keeps its decimals below a cent, and thousands are set apart', () => {
  expect(formatMoneyPrice('1.5', 'AUD')).toBe('$0.015');
  expect(groupThousands('1234567.1234567')).toBe('1,234,567.1234567');
});
