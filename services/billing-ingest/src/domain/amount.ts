import { currencyExponent, Decimal } from '@arcadia/contracts';

/** Exact arithmetic uses units of 10^-12; an amount with more decimals is not accepted as money. */
const places = 12;

/** Nearly every amount of an invoice, which without its sign of the currency is a plain decimal already. */
const canonicalDollars = /^\$(?:0|[1-9]\d{0,17})(?:\.\d{0,11}[1-9])?$/;

/**
 * A provider's amount as a plain decimal: `12.34`, `$12.34`, `-$1.00`, `$-1.00`, `($1.00)`, `$1,234.56`, `USD 1.00`.
 * Null when the text is anything else. Never passes through a JS number.
 */
export function parseAmount(text: string): string | null {
  if (canonicalDollars.test(text)) return text.slice(1);
  const plain = /^\$?(\d{1,18})(\.\d{1,12})?$/.exec(text);
  if (plain !== null) return plainDecimal(plain[1] ?? '', plain[2] ?? '');
  const trimmed = text.trim();
  const inBrackets = /^\((.*)\)$/.exec(trimmed);
  const found = /^([+-]?)\s*(?:US\$|USD|\$)?\s*([+-]?)\s*(\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(\.\d{1,12})?$/.exec(
    inBrackets?.[1] ?? trimmed,
  );
  if (found === null) return null;
  const [, before = '', after = '', whole = '', fraction = ''] = found;
  const signs = `${before}${after}`;
  if (signs.length > 1 || (inBrackets !== null && signs !== '')) return null;
  const isNegative = signs === '-' || inBrackets !== null;
  const magnitude = plainDecimal(whole.replaceAll(',', ''), fraction);
  return isNegative && magnitude !== '0' ? `-${magnitude}` : magnitude;
}

/** The canonical spelling of a decimal from its digits and its fraction (with the point): no leading or trailing zeros. */
export function plainDecimal(whole: string, fraction: string): string {
  const digits = whole.charCodeAt(0) === 48 ? whole.replace(/^0+(?=\d)/, '') : whole;
  const places = fraction.charCodeAt(fraction.length - 1) === 48 ? fraction.replace(/0+$/, '') : fraction;
  return places.length > 1 ? digits + places : digits;
}

/** A plain decimal in units of 10^-12, for sums of any length without rounding. */
export function exactUnits(decimal: string): bigint {
  const isNegative = decimal.startsWith('-');
  const [whole = '0', fraction = ''] = (isNegative ? decimal.slice(1) : decimal).split('.');
  if (fraction.length > places) throw new RangeError(`more than ${places} decimals: ${decimal}`);
  const units = BigInt(whole + fraction.padEnd(places, '0'));
  return isNegative ? -units : units;
}

/** Half away from zero, to whole minor units of the currency. */
function roundUnits(units: bigint, exponent: number): bigint {
  const step = 10n ** BigInt(places - exponent);
  const magnitude = units < 0n ? -units : units;
  const rounded = (magnitude + step / 2n) / step;
  return units < 0n ? -rounded : rounded;
}

/** Converts a sum of provider amounts to whole minor units: rounded once, half away from zero. */
export const minorOf = (decimal: string, currency: string): number =>
  toSafe(roundUnits(exactUnits(decimal), currencyExponent(currency)));

const toSafe = (minor: bigint): number => checked(Number(minor));

function checked(minor: number): number {
  if (!Number.isSafeInteger(minor)) throw new RangeError(`amount out of range: ${minor} minor units`);
  return minor;
}

/**
 * Converts amounts, one after the other, to whole minor units that add up to the rounded sum of the exact amounts: each
 * amount gets the growth of the rounded running total. While all amounts are whole minor units, each stays as it is.
 */
export class RunningMinor {
  readonly #exponent: number;
  /** The exact sum in units of 10^-12; null as long as all amounts were whole minor units. */
  #units: bigint | null = null;
  #minor = 0;

  constructor(currency: string) {
    this.#exponent = currencyExponent(currency);
  }

  add(decimal: string): number {
    const whole = this.#units === null ? wholeMinor(decimal, this.#exponent) : null;
    if (whole !== null) {
      this.#minor = checked(this.#minor + whole);
      return whole;
    }
    const step = 10n ** BigInt(places - this.#exponent);
    this.#units = (this.#units ?? BigInt(this.#minor) * step) + exactUnits(decimal);
    const minor = toSafe(roundUnits(this.#units, this.#exponent));
    const share = minor - this.#minor;
    this.#minor = minor;
    return share;
  }

  /** The sum so far in minor units. */
  get total(): number {
    return this.#minor;
  }
}

/**
 * Reads a plain decimal that is a whole number of minor units; null if it is not, or is too long for this fast path. It is
 * exact, because it goes digit by digit. Nearly every amount of an invoice is whole.
 */
function wholeMinor(decimal: string, exponent: number): number | null {
  if (decimal.length > 14) return null;
  const isNegative = decimal.charCodeAt(0) === 45;
  let minor = 0;
  let decimals = -1;
  for (let at = isNegative ? 1 : 0; at < decimal.length; at += 1) {
    const digit = decimal.charCodeAt(at) - 48;
    if (digit === -2) decimals = 0;
    else {
      minor = minor * 10 + digit;
      if (decimals >= 0) decimals += 1;
    }
  }
  if (decimals > exponent) return null;
  for (let more = Math.max(decimals, 0); more < exponent; more += 1) minor *= 10;
  return isNegative && minor !== 0 ? -minor : minor;
}

/** Reads a bigint column of minor units. Throws if it is absent or beyond the integers that a number holds exactly. */
export function centsOf(column: string | null): number {
  if (column === null) throw new RangeError('an amount in minor units is absent');
  return toSafe(BigInt(column));
}

/** An amount in minor units as a plain decimal with the decimals of its currency. */
export function decimalOfMinor(minor: number, currency: string): string {
  const exponent = currencyExponent(currency);
  return new Decimal(minor).div(new Decimal(10).pow(exponent)).toFixed(exponent);
}
