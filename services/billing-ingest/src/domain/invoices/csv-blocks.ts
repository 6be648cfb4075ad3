import { CsvError, parse as parseCsv } from 'csv-parse/sync';

/** A longer record is no invoice line; without a limit an unclosed quote would read the whole file into memory. */
const maxRecordChars = 1024 * 1024;
/** Bytes parsed at once, so that the event loop is never blocked for long. */
const sliceBytes = 64 * 1024;

export type CsvRecord = { fields: readonly string[]; line: number };

/** A file is not CSV; `line` is where that was noticed. */
export class NotCsv extends Error {
  override name = 'NotCsv';
  readonly line: number;

  constructor(line: number, problem: string) {
    super(problem);
    this.line = line;
  }
}

/**
 * Yields the records of a CSV file as its bytes arrive, some hundred at a time. The text is cut at line breaks that end a
 * record, which are those after an even number of quotes. Records without quotes are simply split, which is many times faster
 * than the parser; only those with quotes, and what lies between near ones, go to the parser.
 */
export async function* csvBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord[]> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  let line = 1;
  for await (const chunk of source) {
    for (let offset = 0; offset < chunk.byteLength; offset += sliceBytes) {
      rest += decoder.decode(chunk.subarray(offset, offset + sliceBytes), { stream: true });
      const end = lastRecordEnd(rest);
      if (end === 0) {
        if (rest.length > maxRecordChars) throw new NotCsv(line, `a record of more than ${maxRecordChars} characters`);
        continue;
      }
      const block = rest.slice(0, end);
      rest = rest.slice(end);
      yield recordsOf(block, line);
      line += countBreaks(block);
    }
  }
  rest += decoder.decode();
  if (rest !== '') yield recordsOf(rest, line);
}

/** The position after the last line break that ends a record; 0 if there is none yet. */
function lastRecordEnd(text: string): number {
  let quotes = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes += 1;
  let at = text.lastIndexOf('\n');
  let seen = text.length;
  while (at >= 0) {
    for (let quote = text.lastIndexOf('"', seen - 1); quote > at; quote = text.lastIndexOf('"', seen - 1)) {
      quotes -= 1;
      seen = quote;
    }
    if (quotes % 2 === 0) return at + 1;
    if (at === 0) return 0;
    at = text.lastIndexOf('\n', at - 1);
  }
  return 0;
}

function countBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Quotes at most so many characters apart are parsed together: each call of the parser costs as much as some records. */
const nearChars = 2_000;

function recordsOf(block: string, firstLine: number): CsvRecord[] {
  const records: CsvRecord[] = [];
  let line = firstLine;
  for (let from = 0; from < block.length; ) {
    const quote = block.indexOf('"', from);
    const start = quote < 0 ? block.length : Math.max(from, block.lastIndexOf('\n', quote) + 1);
    line = split(records, block.slice(from, start), line);
    if (quote < 0) break;
    from = quotedEnd(block, quote);
    const quoted = block.slice(start, from);
    parse(records, quoted, line);
    line += countBreaks(quoted);
  }
  return records;
}

/** The end of the last record with a quote that is near the quotes before it, the first of which is at `quote`. */
function quotedEnd(block: string, quote: number): number {
  let end = block.length;
  let isOpen = false;
  for (let at = quote; at >= 0; at = block.indexOf('"', at + 1)) {
    if (!isOpen && end < at - nearChars) break;
    isOpen = !isOpen;
    if (isOpen) continue;
    const found = block.indexOf('\n', at);
    end = found < 0 ? block.length : found + 1;
  }
  return isOpen ? block.length : end;
}

/** @returns the number of the line after the block */
function split(records: CsvRecord[], block: string, firstLine: number): number {
  let line = firstLine;
  for (let from = 0; from < block.length; line += 1) {
    const found = block.indexOf('\n', from);
    const end = found < 0 ? block.length : found;
    const text = block.charCodeAt(end - 1) === 13 ? block.slice(from, end - 1) : block.slice(from, end);
    if (text !== '') records.push({ fields: text.split(','), line });
    from = end + 1;
  }
  return line;
}

function parse(records: CsvRecord[], block: string, firstLine: number): void {
  try {
    parseCsv(block, {
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n'],
      on_record: (fields: string[], { lines }) => {
        records.push({ fields, line: firstLine + lines - 1 });
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const lines = 'lines' in error && typeof error.lines === 'number' ? error.lines : 1;
    throw new NotCsv(firstLine + lines - 1, error.message);
  }
}
