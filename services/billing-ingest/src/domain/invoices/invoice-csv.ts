import { currencyCode } from '@arcadia/contracts';
import { csvBlocks, NotCsv } from './csv-blocks.ts';
import { type FileFault, FileRejected, type InvoiceLine, LineReader } from './invoice-line.ts';

/** Reading stops after this many faults. */
const maxFaults = 100;

const ownColumns = [
  'product',
  'group_description',
  'description',
  'hours',
  'start',
  'end',
  'project_name',
  'category',
] as const;
const requiredColumns = ['product', 'description'] as const;

/** The places of the columns: -1 for one that the file does not have. */
const nowhere = {
  ...{ product: -1, group_description: -1, description: -1, hours: -1, start: -1, end: -1, project_name: -1 },
  ...{ category: -1, amount: -1 },
};

export type InvoiceCsv = {
  /** Lines in the order of the file, some hundred at a time. Throws FileRejected at the end if anything was faulty. */
  batches: AsyncGenerator<InvoiceLine[]>;
  /** The currency named by the column of amounts. Known after the first batch. */
  currency: () => string;
};

/**
 * Reads an invoice's CSV as it arrives, by the names in its header: columns may move, be absent (older files have no
 * `category`) or be new (then they are ignored). RFC 4180 with or without a byte order mark, LF or CRLF.
 * Memory does not grow with the file. Whether the file is accepted is known only at its end: a caller that stores batches
 * before must be able to delete them.
 * @param currency the currency of the account, which names the column of amounts
 */
export function readInvoiceCsv(source: AsyncIterable<Uint8Array>, currency: string): InvoiceCsv {
  const sheet = new Sheet(currency);
  return { batches: batchesOf(source, sheet), currency: () => sheet.currency };
}

async function* batchesOf(source: AsyncIterable<Uint8Array>, sheet: Sheet): AsyncGenerator<InvoiceLine[]> {
  try {
    for await (const records of csvBlocks(source)) {
      for (const { fields, line } of records) sheet.take(fields, line);
      if (sheet.faults.length >= maxFaults) throw new FileRejected('the CSV', sheet.faults);
      const batch = sheet.release();
      if (batch.length > 0) yield batch;
    }
  } catch (error) {
    if (!(error instanceof NotCsv)) throw error;
    throw new FileRejected('the CSV', [...sheet.faults, { line: error.line, column: null, problem: error.message }]);
  }
  if (!sheet.hasHeader) throw new FileRejected('the CSV', [{ line: 1, column: null, problem: 'the file is empty' }]);
  if (sheet.faults.length > 0) throw new FileRejected('the CSV', sheet.faults);
}

/** The state of reading a file: its header, the lines not yet yielded, and the faults. */
class Sheet {
  readonly faults: FileFault[] = [];
  currency: string;
  hasHeader = false;
  readonly #reader = new LineReader();
  #lines: InvoiceLine[] = [];
  #count = 0;
  #width = 0;
  #at: Record<(typeof ownColumns)[number] | 'amount', number> = nowhere;

  constructor(currency: string) {
    this.currency = currency;
  }

  release(): InvoiceLine[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  take(record: readonly string[], line: number): void {
    if (!this.hasHeader) return this.#takeHeader(record, line);
    if (this.#width === 0 || this.faults.length >= maxFaults) return;
    if (record.length !== this.#width) {
      this.faults.push({
        line,
        column: null,
        problem: `has ${record.length} fields where the header has ${this.#width}`,
      });
      return;
    }
    this.#count += 1;
    const at = this.#at;
    const field = (place: number): string => (place < 0 ? '' : (record[place] ?? ''));
    const read = this.#reader.read(
      {
        product: field(at.product),
        group_description: field(at.group_description),
        description: field(at.description),
        project_name: field(at.project_name),
        category: field(at.category),
        hours: field(at.hours),
        unit: '',
        start: field(at.start),
        end: field(at.end),
        amount: field(at.amount),
        provider_ids: [],
      },
      this.#count,
    );
    if ('problem' in read) this.faults.push({ line, ...read });
    else if (this.faults.length === 0) this.#lines.push(read);
  }

  #takeHeader(record: readonly string[], line: number): void {
    this.hasHeader = true;
    const names = record.map((name) => name.trim());
    const found = (name: string) => names.findIndex((each) => each.toLowerCase() === name);
    const at = { ...nowhere };
    for (const name of ownColumns) at[name] = found(name);
    at.amount = this.#amountAt(names, found('amount'));
    this.#at = at;
    const missing = ([...requiredColumns, 'amount'] as const).filter((name) => at[name] < 0);
    for (const name of missing) {
      const problem = name === 'amount' ? 'no column of amounts (USD)' : `no column ${name}`;
      this.faults.push({ line, column: name, problem });
    }
    const lower = names.map((name) => name.toLowerCase());
    const twice = ownColumns.find((name) => lower.indexOf(name) !== lower.lastIndexOf(name));
    if (twice !== undefined) this.faults.push({ line, column: twice, problem: 'occurs twice' });
    if (missing.length === 0) this.#width = names.length;
  }

  /** The column named after the account's currency, else `amount`, else the one named after another currency. */
  #amountAt(names: readonly string[], amountAt: number): number {
    const ownAt = names.indexOf(this.currency);
    if (ownAt >= 0 || amountAt >= 0) return ownAt >= 0 ? ownAt : amountAt;
    const otherAt = names.findIndex((name) => currencyCode.safeParse(name).success);
    this.currency = names[otherAt] ?? this.currency;
    return otherAt;
  }
}
