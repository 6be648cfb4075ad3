import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMonthWithTerms } from '../../../test/any-terms.ts';
import { gst, input } from '../../../test/terms-builder.ts';
import { rate } from '../rating/rate.ts';
import { taxOn } from '../rating/tax.ts';
import type { AvailableCredit } from '../rating/terms.ts';
import { type Credit, creditOfMonth, ledgerOf } from './ledger.ts';

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 150) };
const id = (number: number): string => `00000000-0000-8000-8000-${String(number).padStart(12, '0')}`;
const available = (number: number, fields: Partial<AvailableCredit>): AvailableCredit => ({
  credit_id: id(number),
  number,
  origin: 'granted',
  name: `Credit ${number}`,
  expires_on: null,
  available_cents: 1000,
  ...fields,
});
const credit = (fields: Partial<Credit> = {}): Credit => ({
  credit_id: id(1),
  number: 1,
  origin: 'granted',
  name: 'Start',
  amount_cents: 10_000,
  from: '2026-04-10',
  expires_on: null,
  draws: [],
  ...fields,
});
const drawnBy = (invoice_id: string, period: string, amount_cents: number) => ({ invoice_id, period, amount_cents });

describe('rating: prepaid credit', () => {
  it('granted credit lowers the invoice before tax, paid credit pays the total; each by its expiry', () => {
    const credits = [
      available(1, { origin: 'paid' }),
      available(2, { origin: 'paid', expires_on: '2026-06-01', available_cents: 300 }),
      available(3, {}),
      available(4, { expires_on: '2026-05-01', available_cents: 700 }),
    ];
    // 50.00 − 7.00 − 10.00 is 33.00; tax 3.30; of 36.30 paid credit pays 3.00 and 10.00.
    const rating = rate(input({ credits }));
    expect(rating.lines.map(({ kind, amount_cents }) => [kind, amount_cents])).toEqual([
      ['plan_base', 5000],
      ['credit', -700],
      ['credit', -1000],
      ['tax', 330],
    ]);
    expect(rating.prepaid?.map(({ credit_id, amount_cents }) => [Number(credit_id.slice(-2)), amount_cents])).toEqual([
      [4, 700],
      [3, 1000],
      [2, 300],
      [1, 1000],
    ]);
    expect([rating.total_cents, rating.lines[1]?.meta.explanation]).toEqual([
      3630,
      '$7.00 of $7.00 that were left of this granted credit, which expires on 2026-05-01, before tax',
    ]);
  });

  it('of any month it draws no more than there is, and never makes it lower than zero', () => {
    const aCredit = fc.record({
      origin: fc.constantFrom('granted' as const, 'paid' as const),
      expires_on: fc.constantFrom(null, '2026-05-01', '2026-07-01'),
      available_cents: fc.integer({ min: 1, max: 40_000 }),
    });
    fc.assert(
      fc.property(aMonthWithTerms, fc.array(aCredit, { maxLength: 4 }), (month, drawn) => {
        const credits = drawn.map((fields, index) => available(index + 1, fields));
        const [without, rating] = [rate(month), rate({ ...month, credits })];
        const sum = (cents: readonly number[]): number => cents.reduce((a, b) => a + b, 0);
        const of = (origin: string): number =>
          sum(
            (rating.prepaid ?? [])
              .filter(({ credit_id }) => credits.find((one) => one.credit_id === credit_id)?.origin === origin)
              .map((one) => one.amount_cents),
          );
        const least = (origin: string, amount: number): number =>
          Math.max(
            0,
            Math.min(amount, sum(credits.filter((one) => one.origin === origin).map((one) => one.available_cents))),
          );
        expect(of('granted')).toBe(least('granted', without.subtotal_cents));
        expect(rating.subtotal_cents).toBe(without.subtotal_cents - of('granted'));
        expect(rating.tax_cents).toBe(taxOn(rating.subtotal_cents, gst));
        expect(of('paid')).toBe(least('paid', rating.total_cents));
        expect(rate({ ...month, credits: credits.toReversed() })).toEqual(rating);
      }),
      runs,
    );
  });
});

describe('prepaid credit: what is left for a month', () => {
  it('is that of credits that are valid at its end, less the draws of other invoices', () => {
    const of = (fields: Partial<Credit>, exceptOn: string | null = null) =>
      creditOfMonth('2026-04', [credit(fields)], exceptOn).map(({ available_cents }) => available_cents);
    expect(of({ from: '2026-04-30' })).toEqual([10_000]);
    expect(of({ from: '2026-05-01' })).toEqual([]);
    expect(of({ expires_on: '2026-05-01' })).toEqual([10_000]);
    expect(of({ expires_on: '2026-04-30' })).toEqual([]);
    const draws = [drawnBy('a', '2026-03', 4000), drawnBy('b', '2026-04', 6000)];
    expect(of({ draws })).toEqual([]);
    expect(of({ draws }, 'b')).toEqual([6000]);
  });

  it('the ledger dates a draw at the end of its month, before an expiry at the same instant', () => {
    const credits = [
      { ...credit({ draws: [drawnBy('a', '2026-04', 4000)], expires_on: '2026-05-01' }), isWithdrawn: false },
      { ...credit({ credit_id: id(2), number: 2, from: '2026-06-01', expires_on: '2026-06-20' }), isWithdrawn: true },
    ];
    const shown = (until: string) =>
      ledgerOf(credits, Temporal.Instant.from(until)).map(({ at, kind, amount_cents }) => [
        at.toString().slice(0, 10),
        kind,
        amount_cents,
      ]);
    const april = [
      ['2026-04-10', 'credit', 10_000],
      ['2026-05-01', 'draw', -4000],
      ['2026-05-01', 'expiry', -6000],
    ];
    expect(shown('2026-05-01T00:00:00Z')).toEqual(april);
    expect(shown('2026-07-01T00:00:00Z')).toEqual([
      ...april,
      ['2026-06-01', 'credit', 10_000],
      ['2026-06-20', 'withdrawal', -10_000],
    ]);
  });
});
