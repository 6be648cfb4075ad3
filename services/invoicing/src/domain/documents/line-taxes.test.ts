import fc from 'fast-check';
import { expect, it } from 'vitest';
import { taxOn } from '../rating/tax.ts';
import { lineTaxes } from './line-taxes.ts';

const policy = {
  name: 'GST',
  rate: '0.1',
  registration_number: null,
  is_inclusive: false,
  rounding: 'half_up',
} as const;

it('the taxes of three lines of 1.05 are 0.11, 0.10 and 0.11, together that of 3.15', () => {
  expect(lineTaxes([105, 105, 105], policy)).toEqual([11, 10, 11]);
});

it('the taxes of lines add up to the tax of their sum, and none is more than a minor unit off', () => {
  const rates = fc.constantFrom('0', '0.1', '0.15', '0.19', '0.255');
  const amounts = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { maxLength: 40 });
  fc.assert(
    fc.property(amounts, rates, fc.boolean(), (lines, rate, is_inclusive) => {
      const terms = { ...policy, rate, is_inclusive };
      const taxes = lineTaxes(lines, terms);
      const subtotal = lines.reduce((sum, amount) => sum + amount, 0);
      expect(taxes.reduce((sum, tax) => sum + tax, 0)).toBe(lines.length === 0 ? 0 : taxOn(subtotal, terms));
      for (const [index, tax] of taxes.entries())
        expect(Math.abs(tax - taxOn(lines[index] ?? 0, terms))).toBeLessThanOrEqual(1);
    }),
  );
});
