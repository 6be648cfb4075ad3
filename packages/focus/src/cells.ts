import { currencyExponent, periodInterval } from '@arcadia/contracts';

const months = new Map<string, { start: string; end: string }>();

/** The first instant of a month and of the next one, as a cell has it. A dataset of a million rows has few months. */
export function monthCells(period: string): { start: string; end: string } {
  const known = months.get(period);
  if (known !== undefined) return known;
  const { start, end } = periodInterval(period);
  const cells = { start: start.toString(), end: end.toString() };
  months.set(period, cells);
  return cells;
}

/** A whole number of minor units as a decimal of the currency: `-1234` in AUD as `-12.34`, in JPY as `-1234`. It stays text throughout. */
export function majorCell(minor: string, currency: string): string {
  const exponent = currencyExponent(currency);
  const isNegative = minor.startsWith('-');
  const digits = (isNegative ? minor.slice(1) : minor).padStart(exponent + 1, '0');
  const sign = isNegative && /[1-9]/.test(digits) ? '-' : '';
  if (exponent === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
