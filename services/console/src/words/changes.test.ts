import { expect, test } from 'vitest';
import { changesOf, inValue } from './changes.ts';

test('what a command changed is listed field by field, with amounts, days and times as people read them', () => {
  expect(
    changesOf(
      { status: 'issued', amount_due_cents: 7064, currency: 'AUD', paid_at: null, tax: { rate: '0.1', name: 'GST' } },
      {
        status: 'paid',
        amount_due_cents: 0,
        currency: 'AUD',
        paid_at: '2026-05-01T03:00:00Z',
        tax: { rate: '0.15', name: 'GST' },
      },
    ),
  ).toEqual([
    { what: 'Status', was: 'issued', is: 'paid' },
    { what: 'Amount due', was: '70.64 AUD', is: '0.00 AUD' },
    { what: 'Paid at', was: 'none', is: '1 May 2026, 03:00 UTC' },
    { what: 'Tax: rate', was: '0.1', is: '0.15' },
  ]);
});

test('items of a list are compared by their ids: added, removed and changed ones are named', () => {
  const spring = { discount_id: 'a', name: 'Spring', percent: '10', amount_cents: null };
  const autumn = { discount_id: 'b', name: 'Autumn', percent: '5', amount_cents: null };
  expect(changesOf({ discounts: [spring] }, { discounts: [{ ...spring, percent: '12' }, autumn] })).toEqual([
    { what: 'Discounts, Spring: percent', was: '10', is: '12' },
    { what: 'Discounts', was: '', is: 'added: name Autumn, percent 5' },
  ]);
  expect(changesOf({ discounts: [spring, autumn] }, { discounts: [autumn] })).toEqual([
    { what: 'Discounts', was: 'name Spring, percent 10', is: 'removed' },
  ]);
});

test('a new object is listed, an amount without a currency is no amount of money, and a cut value is named as such', () => {
  expect(changesOf(null, { name: 'ci', expires_at: '2027-01-01T00:00:00Z' })).toEqual([
    { what: 'Name', was: 'none', is: 'ci' },
    { what: 'Expires at', was: 'none', is: '1 Jan 2027, 00:00 UTC' },
  ]);
  expect(inValue('amount_cents', 12_345)).toBe('12,345 cents');
  expect(changesOf({ lines: [] }, { lines: { truncated: true, bytes: 20_000, sha256: 'x' } })).toEqual([
    { what: 'Lines', was: 'none', is: 'too large to be shown (20000 bytes)' },
  ]);
  expect(changesOf(null, null)).toEqual([]);
});
