import { expect, test } from 'vitest';
import { centsIn, entered, minorIn } from './command.ts';
import { ownPath } from './sign-in/routes.ts';
import { instantIn } from './words/entered-time.ts';

test.each([
  ['12.50', 1250],
  ['12.5', 1250],
  ['12', 1200],
  ['1,234.56', 123_456],
  ['0.29', 29],
  [' 3 ', 300],
  ['-1.10', -110],
  ['0.005', null],
  ['12,50', null],
  ['0,008', null],
  ['1,23,456', null],
  ['1.234,56', null],
  ['12,345,678', 1_234_567_800],
  ['1e3', null],
  ['12.50 AUD', null],
  ['', null],
])('the amount "%s" that a person types is %s cents', (text, cents) => {
  expect(centsIn(text)).toBe(cents);
});

test('a currency without cents takes whole amounts only', () => {
  expect([centsIn('1200', 0), centsIn('1200.5', 0), centsIn('1.234', 3)]).toEqual([1200, null, 1234]);
});

test.each([
  ['/invoices?status=paid', '/invoices?status=paid'],
  ['https://elsewhere.example/', '/'],
  ['//elsewhere.example/', '/'],
  ['/\\elsewhere.example/', '/'],
  ['/sign-out', '/'],
  [undefined, '/'],
])('after signing in, %s leads to %s', (given, to) => {
  expect(ownPath(given)).toBe(to);
});

test('a UTC time is typed as a day, or as a day with hours and minutes', () => {
  expect(instantIn('2026-04-01', 'since')).toBe('2026-04-01T00:00:00Z');
  expect(instantIn(' 2026-04-01 12:30 ', 'since')).toBe('2026-04-01T12:30:00Z');
  expect(instantIn('2026-04-01T12:30Z', 'since')).toBe('2026-04-01T12:30:00Z');
  expect(instantIn('', 'since')).toBe(null);
  for (const wrong of ['2026-02-30', 'yesterday', '1 April'])
    expect(() => instantIn(wrong, 'since')).toThrow(/need another value/);
});

test.each([
  ['0.008', '0.8'],
  ['40', '4000'],
  ['-25.00', '-2500'],
  ['1,000.5', '100050'],
  ['0.000000000001', '0.0000000001'],
  ['', null],
  ['0,008', null],
  ['12,5', null],
  ['1e3', null],
  ['.5', null],
] as const)('the unit price %j that was typed is %j cents, exact', (text, cents) => {
  expect(minorIn(text)).toBe(cents);
});

test('fields that hold nothing but spaces are left out', () => {
  expect(entered({ name: ' Spring ', code: ' ', percent: '' })).toEqual({ name: 'Spring' });
});
