import { dayText, faultOfHeader, knownCurrency } from '@arcadia/contracts';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

/** A list price as entered; what is left out has its usual value. */
export type EnteredListPrice = {
  kind: string;
  dimension?: string | undefined;
  valid_from?: string | undefined;
  currency: string;
  price_monthly?: string | undefined;
  unit_price?: string | undefined;
};

const blank = (text: string | undefined): string | undefined => (text === undefined || text === '' ? undefined : text);
const cell = z.string().optional().transform(blank);
const price = cell.pipe(
  z
    .string()
    .regex(/^\d{1,12}(\.\d{1,20})?$/, 'a price such as 15.15')
    .optional(),
);

const row = z.object({
  kind: z.string().regex(/^[a-z][a-z0-9_]{1,62}$/, 'a billing kind such as database_node_hours'),
  dimension: cell.pipe(z.string().max(200).optional()),
  valid_from: cell.pipe(dayText.optional()),
  currency: cell.transform((text) => text ?? 'USD').pipe(knownCurrency),
  price_monthly: price,
  unit_price: price,
});

/** Reads list prices from a CSV file with a header. One faulty row rejects the file. */
export function readListPriceFile(text: string): { prices: EnteredListPrice[] } | { problem: string } {
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
  const prices: EnteredListPrice[] = [];
  for (const [index, record] of records.entries()) {
    const read = row.safeParse(record);
    if (!read.success)
      return {
        problem: `row ${index + 1}: ${read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
      };
    prices.push(read.data);
  }
  return { prices };
}
