import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactUnits, minorOf, parseAmount, RunningMinor } from './amount.ts';

describe('billing-ingest: a provider amount', () => {
  test.each([
    ['$12.34', '12.34'],
    ['12.30', '12.3'],
    ['-$1.00', '-1'],
    ['$-1.00', '-1'],
    ['($1.00)', '-1'],
    ['(1.00)', '-1'],
    ['$1,234.56', '1234.56'],
    ['-$1,234,567.89', '-1234567.89'],
    ['0', '0'],
    ['-$0.00', '0'],
    ['$0.009', '0.009'],
    [' 5 ', '5'],
    ['900719925474099.31', '900719925474099.31'],
  ])('%s is read as %s', (text, expected) => expect(parseAmount(text)).toBe(expected));

  test.each([
    '',
    '$',
    'NaN',
    '1e5',
    '1.2.3',
    '1,23',
    '--1',
    '(-1.00)',
    '-$-1',
    '€1.00',
    'Infinity',
    '0x10',
    '1 2',
    '$1.',
    '.5',
  ])('%j is rejected', (text) => expect(parseAmount(text)).toBeNull());

  test('is rounded half away from zero', () => {
    expect(minorOf('0.125', 'USD')).toBe(13);
    expect(minorOf('-0.125', 'USD')).toBe(-13);
    expect(minorOf('10.5', 'JPY')).toBe(11);
    expect(minorOf('1.0005', 'KWD')).toBe(1001);
  });

  test('is rounded in the sum: eight times 0.125 is 1.00 and three times 10.004 is 30.01', () => {
    const eight = new RunningMinor('USD');
    expect(Array.from({ length: 8 }, () => eight.add('0.125'))).toEqual([13, 12, 13, 12, 13, 12, 13, 12]);
    expect(eight.total).toBe(100);
    const three = new RunningMinor('USD');
    for (let index = 0; index < 3; index += 1) three.add('10.004');
    expect(three.total).toBe(3001);
  });

  test('becomes whole cents that add up to the rounded exact sum, each within a cent of exact (property)', () => {
    const amount = fc.bigInt({ min: -10_000_000n, max: 10_000_000n }).map((units) => {
      const text = (units < 0n ? -units : units).toString().padStart(5, '0');
      return `${units < 0n ? '-' : ''}${text.slice(0, -4)}.${text.slice(-4)}`;
    });
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 60 }), (amounts) => {
        const running = new RunningMinor('USD');
        const shares = amounts.map((each) => running.add(each));
        const exact = amounts.reduce((sum, each) => sum + exactUnits(each), 0n);
        expect(shares.reduce((sum, each) => sum + each, 0)).toBe(running.total);
        expect(Math.abs(Number(exact) / 1e10 - running.total)).toBeLessThanOrEqual(0.5);
        for (const [index, share] of shares.entries()) {
          expect(Math.abs(Number(exactUnits(amounts[index] ?? '0')) / 1e10 - share)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('of whole cents among whole cents stays as it is', () => {
    const running = new RunningMinor('USD');
    expect(['12.00', '-0.31', '7.9'].map((each) => running.add(each))).toEqual([1200, -31, 790]);
  });
});
