import { stringify } from 'csv-stringify/sync';

export type CsvCell = string | number | boolean | null;

const decimal = /^-?\d+(\.\d+)?$/;

/** A negative number begins like a formula, but must stay a number so that the column can be summed. */
const castText = (text: string): string | { value: string; escape_formulas: false } =>
  text.startsWith('-') && decimal.test(text) ? { value: text, escape_formulas: false } : text;

/**
 * Rows of a CSV file (RFC 4180, lines end in CRLF) that people open in a spreadsheet: text that a spreadsheet would run as a
 * formula gets a leading apostrophe, decimal numbers stay numbers, null is an empty cell.
 */
export function csvText(rows: readonly (readonly CsvCell[])[]): string {
  return stringify(rows as CsvCell[][], {
    record_delimiter: 'windows',
    escape_formulas: true,
    quoted_match: /[\r\n]/,
    cast: { string: castText, number: (value) => castText(String(value)), boolean: String },
  });
}

const batchRows = 500;

/** A CSV file with a header, in chunks of some hundred rows. */
export function* csvChunks(columns: readonly string[], rows: Iterable<readonly CsvCell[]>): Generator<string> {
  let batch: (readonly CsvCell[])[] = [columns];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < batchRows) continue;
    yield csvText(batch);
    batch = [];
  }
  if (batch.length > 0) yield csvText(batch);
}
