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

const known = new Map<string, Formats>();

/** Formats of a language. Amounts and quantities are formatted from their decimal text, which is exact. */
export function formatsOf(locale: string): Formats {
  const formats = known.get(locale) ?? newFormats(locale);
  known.set(locale, formats);
  return formats;
}

/** Each formatter is made when it is needed first and kept: making one takes longer than writing the rest of a mail. */
function newFormats(locale: string): Formats {
  const dated = (options: Intl.DateTimeFormatOptions) =>
    keptBy(() => new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }));
  const numbered = (options: (unit: string) => Intl.NumberFormatOptions) =>
    keptBy((unit) => new Intl.NumberFormat(locale, options(unit)));
  const amounts = numbered((currency) => ({ style: 'currency', currency, currencyDisplay: 'code' }));
  const numbers = numbered(() => ({ maximumFractionDigits: 2 }));
  const percents = numbered((unit) => ({ style: 'unit', unit, maximumFractionDigits: 2 }));
  const days = dated({ day: 'numeric', month: 'long', year: 'numeric' });
  const months = dated({ month: 'long', year: 'numeric' });
  const decimal = (text: string): Intl.StringNumericLiteral => text as Intl.StringNumericLiteral;
  const firstInstant = (day: string): Date => new Date(`${day}T00:00:00Z`);
  return {
    amount: (cents, currency) => amounts(currency).format(decimal(formatMinor(cents, currency))),
    number: (text) => numbers('').format(decimal(text)),
    percent: (text) => percents('percent').format(decimal(text)),
    day: (day) => days('').format(firstInstant(day)),
    month: (period) => months('').format(firstInstant(`${period}-01`)),
    instant: (instant) => `${days('').format(firstInstant(instant.slice(0, 10)))}, ${instant.slice(11, 16)} UTC`,
  };
}

/** Makes a value for each name once. There are as many currencies as ISO 4217 has. */
function keptBy<Made>(make: (name: string) => Made): (name: string) => Made {
  const made = new Map<string, Made>();
  return (name) => {
    const value = made.get(name) ?? make(name);
    made.set(name, value);
    return value;
  };
}
