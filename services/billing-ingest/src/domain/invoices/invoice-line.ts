import { parseAmount, plainDecimal } from '../amount.ts';
import { hoursOf, parseInstant } from '../cost-lines/line-times.ts';

/** A line of the provider's invoice, from the CSV or the JSON items, with parsed but otherwise unchanged values. */
export type InvoiceLine = {
  /** Position in its file, counted from 1. */
  line_no: number;
  product: string;
  group_description: string;
  description: string;
  project_name: string;
  category: string | null;
  /** Hours; for backups their count. */
  hours: string | null;
  /** RFC 3339 in UTC. */
  start_at: string | null;
  end_at: string | null;
  /** A plain decimal in the invoice's currency. */
  amount: string;
  /** The provider's ids of the resource; always empty for a line of the CSV. */
  provider_ids: string[];
};

/** The unparsed texts of a line. Absent ones are empty. */
export type LineTexts = {
  product: string;
  group_description: string;
  description: string;
  project_name: string;
  category: string;
  /** The duration in `unit`; without a unit in hours. */
  hours: string;
  unit: string;
  start: string;
  end: string;
  amount: string;
  provider_ids: readonly string[];
};

/** A part of a file that cannot be read. `line` counts from 1, which is the header; 0 means the whole file. */
export type FileFault = { line: number; column: string | null; problem: string };

/** A file was rejected as a whole, because of these faults. */
export class FileRejected extends Error {
  override name = 'FileRejected';
  readonly faults: readonly FileFault[];

  constructor(file: string, faults: readonly FileFault[]) {
    const [first] = faults;
    const where =
      first === undefined
        ? ''
        : `: line ${first.line}${first.column === null ? '' : `, ${first.column}`}: ${first.problem}`;
    super(`${file} is rejected${where}${faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''}`);
    this.faults = faults;
  }
}

/** More than the days of a month, of which an invoice has one instant each, and a power of two. */
const slots = 256;

/**
 * A cache of parsed instants: the invoice of a month has few different ones, and successive lines often share them. A text is found by
 * a few of its characters and compared with the one that was last found there, because a map takes several times as long to hash it.
 */
class Instants {
  readonly #texts = Array.from({ length: slots }, () => '');
  readonly #instants = Array.from({ length: slots }, (): string | null | undefined => null);

  /** RFC 3339 in UTC; null for an empty text, undefined for one that is no instant. */
  of(text: string): string | null | undefined {
    const slot = slotOf(text);
    if (text === this.#texts[slot]) return this.#instants[slot];
    const read = parseInstant(text);
    const at = read === null || read === undefined ? read : read.toString();
    this.#texts[slot] = text;
    this.#instants[slot] = at;
    return at;
  }
}

/** By the last digits of the day and of the hour, as in 2026-03-01 00:00:00. A text without them is in the first slot. */
const slotOf = (text: string): number =>
  text.length < 13
    ? 0
    : (text.charCodeAt(8) * 10 + text.charCodeAt(9) + 37 * text.charCodeAt(11) + 41 * text.charCodeAt(12)) % slots;

export class LineReader {
  readonly #starts = new Instants();
  readonly #ends = new Instants();

  /** Parses a line, or returns its fault. */
  read(texts: LineTexts, lineNo: number): InvoiceLine | { column: string; problem: string } {
    const amount = parseAmount(texts.amount);
    if (amount === null) return fault('amount', texts.amount, 'an amount of money');
    const hours = readHours(texts.hours);
    if (hours === undefined) return fault('hours', texts.hours, 'a number of hours');
    const start = this.#starts.of(texts.start);
    if (start === undefined) return fault('start', texts.start, 'a time such as 2026-03-01 00:00:00 +0000');
    const end = this.#ends.of(texts.end);
    if (end === undefined) return fault('end', texts.end, 'a time such as 2026-03-01 00:00:00 +0000');
    const unfit = unfitText(texts);
    if (unfit !== null) return unfit;
    return {
      line_no: lineNo,
      product: texts.product.trim(),
      group_description: texts.group_description.trim(),
      description: texts.description.trim(),
      project_name: texts.project_name.trim(),
      category: texts.category.trim() === '' ? null : texts.category.trim(),
      hours: hours === null ? null : hoursOf(hours, texts.unit, start),
      start_at: start,
      end_at: end,
      amount,
      provider_ids:
        texts.provider_ids.length === 0 ? [] : texts.provider_ids.map((id) => id.trim()).filter((id) => id !== ''),
    };
  }
}

/** Longer texts are no names; five texts of this length still fit into one message. */
const maxTextChars = 8192;
const columnsOfText = ['product', 'description', 'group_description', 'project_name', 'category'] as const;

const isFit = (text: string): boolean => text.length <= maxTextChars && !text.includes('\u0000');

function unfitText(texts: LineTexts): { column: string; problem: string } | null {
  const { product, description, group_description, project_name, category } = texts;
  if (isFit(product) && isFit(description) && isFit(group_description) && isFit(project_name) && isFit(category))
    return null;
  for (const column of columnsOfText) {
    const text = texts[column];
    if (text.length > maxTextChars) return { column, problem: `is longer than ${maxTextChars} characters` };
    if (text.includes('\u0000')) return { column, problem: 'contains a NUL character' };
  }
  return null;
}

const fault = (column: string, text: string, expected: string) => ({
  column,
  problem: `${JSON.stringify(text.slice(0, 60))} is not ${expected}`,
});

/** Whether a text is a number of hours, or empty. */
export const isHours = (text: string): boolean => readHours(text) !== undefined;

const canonicalHours = /^(?:0|[1-9]\d{0,11})$/;

function readHours(text: string): string | null | undefined {
  if (text === '') return null;
  if (canonicalHours.test(text)) return text;
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const found = /^(-?)(\d{1,12}|\d{1,3}(?:,\d{3})+)(\.\d{1,12})?$/.exec(trimmed);
  if (found === null) return undefined;
  const magnitude = plainDecimal((found[2] ?? '').replaceAll(',', ''), found[3] ?? '');
  return found[1] === '-' && magnitude !== '0' ? `-${magnitude}` : magnitude;
}
