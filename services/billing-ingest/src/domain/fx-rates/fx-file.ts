import { Decimal, faultOfHeader, knownCurrency, periodText } from '@arcadia/contracts';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

/** A rate as received: the price of one unit of `from` in units of `to` during a period. */
export type GivenRate = { period: string; from: string; to: string; rate: string; source: string };

const row = z.object({
  period: z
    .string()
    .transform((text) => text.slice(0, 7))
    .pipe(periodText),
  from: knownCurrency,
  to: knownCurrency,
  rate: z.string().regex(/^\d{1,12}(\.\d{1,20})?$/),
  source: z.string().max(200).optional(),
});

/** Reads rates from a CSV file with the header period, from, to, rate and optionally source. One faulty row rejects the file. */
export function readFxFile(text: string): { rates: GivenRate[] } | { problem: string } {
  let records: unknown[];
  try {
    records = parse(text, {
      bom: true,
      columns: (header: string[]) => {
        const names = header.map((name) => name.trim().toLowerCase());
        const fault = faultOfHeader(names, Object.keys(row.shape));
        if (fault !== null) throw new Error(fault);
        return names;
      },
      skip_empty_lines: true,
      trim: true,
    });
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'the file cannot be read' };
  }
  const rates: GivenRate[] = [];
  for (const [index, record] of records.entries()) {
    const read = row.safeParse(record);
    if (!read.success)
      return {
        problem: `row ${index + 1}: ${read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
      };
    rates.push({ ...read.data, source: read.data.source || 'from a file' });
  }
  return { rates };
}

/** The first rate that is given twice with two values, in a sentence; null if there is none. */
export function faultOfRates(rates: readonly GivenRate[]): string | null {
  const known = new Map<string, string>();
  for (const { period, from, to, rate } of rates) {
    const name = `${from} to ${to} in ${period}`;
    const before = known.get(name);
    if (before !== undefined && !new Decimal(before).equals(rate))
      return `${name}: is given twice, ${before} and ${rate}`;
    known.set(name, rate);
  }
  return null;
}

/** The reason why a rate is invalid, or null. */
export function faultOfRate({ period, from, to, rate }: GivenRate): string | null {
  if (!new Decimal(rate).greaterThan(0)) return `${from} to ${to} in ${period}: the rate must be above zero`;
  return from === to ? `${from} to ${to} in ${period}: the two currencies must differ` : null;
}
