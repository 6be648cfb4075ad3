import { formatMinor } from '@arcadia/contracts';

/** Texts for people. A number and its unit are kept together by a no-break space. */
export type Formats = {
  amount: (cents: number, currency: string) => string;
  number: (decimal: string) => string;
  percent: (decimal: string) => string;
  day: (day: string) => string;
  month: (period: string) => string;
  /** An instant to the minute, in UTC. */
  instant: (instant: string) => string;
};

/** Formats of a language. Amounts and quantities are formatted from their decimal text, which is exact. */
export function formatsOf(locale: string): Formats {
  const dated = (options: Intl.DateTimeFormatOptions, day: string): string =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
  const decimal = (text: string): Intl.StringNumericLiteral => text as Intl.StringNumericLiteral;
  return {
    amount: (cents, currency) =>
      new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'code' }).format(
        decimal(formatMinor(cents, currency)),
      ),
    number: (text) => new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(decimal(text)),
    percent: (text) =>
      new Intl.NumberFormat(locale, { style: 'unit', unit: 'percent', maximumFractionDigits: 2 }).format(decimal(text)),
    day: (day) => dated({ day: 'numeric', month: 'long', year: 'numeric' }, day),
    month: (period) => dated({ month: 'long', year: 'numeric' }, `${period}-01`),
    instant: (instant) =>
      `${dated({ day: 'numeric', month: 'long', year: 'numeric' }, instant.slice(0, 10))}, ${instant.slice(11, 16)} UTC`,
  };
}
