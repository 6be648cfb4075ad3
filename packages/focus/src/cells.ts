import { currencyExponent, Decimal, periodInterval } from '@arcadia/contracts';

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

/** An exact decimal number of minor units as one of the currency: `0.5` in AUD as `0.005`. */
export const majorDecimal = (minor: string, currency: string): string =>
  new Decimal(minor).times(new Decimal(10).pow(-currencyExponent(currency))).toFixed();

/** Abbreviations of data sizes, which have no plural. */
const dataSize = /^(b|B|[KMGTPE]i?[bB])$/;

const units = new Map<string, string>();
/** The units that are kept; an operator may report any number of them. */
const mostUnits = 1_000;

/** A unit as FOCUS writes it (attribute UnitFormat): `GB-month` is `GB-Months`, `hour` is `Hours`. */
export function unitCell(unit: string): string {
  const known = units.get(unit);
  if (known !== undefined) return known;
  const parts = unit
    .split('-')
    .map((part) => (dataSize.test(part) ? part : part.charAt(0).toUpperCase() + part.slice(1)));
  const last = parts.at(-1) ?? '';
  const cell = `${parts.join('-')}${/[a-z]$/.test(last) && !dataSize.test(last) && !last.endsWith('s') ? 's' : ''}`;
  if (units.size < mostUnits) units.set(unit, cell);
  return cell;
}
