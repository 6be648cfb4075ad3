/** Microseconds from 1970 to 2000, from which Postgres counts. */
const postgresEpoch = 946_684_800_000_000n;
const textOid = 25;
const perDigit = 4;

/**
 * Writes rows in the binary format of COPY
 * ([documentation](https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS)). Of the text format, Postgres spends
 * half of its time on finding the values and reading instants and numbers.
 */
export class BinaryRows {
  #bytes: Buffer;
  #view: DataView;
  #at = 0;
  readonly #instants = new Map<string, bigint>();

  constructor() {
    this.#bytes = Buffer.allocUnsafe(0);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What was written since the piece before. */
  take(): Buffer {
    const piece = Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    return piece;
  }

  /** What the whole begins with. */
  header(): void {
    this.#reserve(19);
    this.#at += this.#bytes.write('PGCOPY\n\xff\r\n\0', this.#at, 'latin1');
    this.#bytes.fill(0, this.#at, this.#at + 8);
    this.#at += 8;
  }

  /** What the whole ends with. */
  trailer(): void {
    this.row(-1);
  }

  row(columns: number): void {
    this.#reserve(2);
    this.#view.setInt16(this.#at, columns);
    this.#at += 2;
  }

  none(): void {
    this.#reserve(4);
    this.#view.setInt32(this.#at, -1);
    this.#at += 4;
  }

  integer(value: number): void {
    this.#fixed(4);
    this.#view.setInt32(this.#at - 4, value);
  }

  bigInteger(value: bigint): void {
    this.#fixed(8);
    this.#view.setBigInt64(this.#at - 8, value);
  }

  /** @param value an integer that a number holds exactly */
  wholeNumber(value: number): void {
    const high = Math.floor(value / 2 ** 32);
    this.#fixed(8);
    this.#view.setInt32(this.#at - 8, high);
    this.#view.setUint32(this.#at - 4, value - high * 2 ** 32);
  }

  flag(value: boolean): void {
    this.#fixed(1);
    this.#bytes[this.#at - 1] = value ? 1 : 0;
  }

  text(value: string): void {
    // A unit of a text takes three bytes at most.
    this.#reserve(4 + 3 * value.length);
    const start = this.#at + 4;
    const bytes = this.#bytes;
    let length = 0;
    for (; length < value.length; length += 1) {
      const code = value.charCodeAt(length);
      if (code > 127) {
        length = bytes.write(value, start);
        break;
      }
      bytes[start + length] = code;
    }
    this.#view.setInt32(this.#at, length);
    this.#at = start + length;
  }

  texts(values: readonly string[]): void {
    const place = this.#at;
    this.#fixed(12);
    this.#view.setInt32(place + 4, values.length === 0 ? 0 : 1);
    this.#view.setInt32(place + 8, 0);
    this.#view.setInt32(place + 12, textOid);
    if (values.length === 0) return;
    this.#reserve(8);
    this.#view.setInt32(this.#at, values.length);
    this.#view.setInt32(this.#at + 4, 1);
    this.#at += 8;
    for (const value of values) this.text(value);
    this.#view.setInt32(place, this.#at - place - 4);
  }

  /** @param text RFC 3339 in UTC */
  instant(text: string): void {
    let micros = this.#instants.get(text);
    if (micros === undefined) {
      const instant = Temporal.Instant.from(text).round('microsecond');
      micros = instant.epochNanoseconds / 1000n - postgresEpoch;
      // The lines of an invoice have few different instants.
      if (this.#instants.size >= 10_000) this.#instants.clear();
      this.#instants.set(text, micros);
    }
    this.bigInteger(micros);
  }

  /** @param text a plain decimal; its digits go to Postgres four by four, counted from the point, and its number of decimals beside them */
  decimal(text: string): void {
    const isNegative = text.charCodeAt(0) === 45;
    const from = isNegative ? 1 : 0;
    const found = text.indexOf('.');
    const point = found < 0 ? text.length : found;
    const decimals = found < 0 ? 0 : text.length - point - 1;
    const before = Math.ceil((point - from) / perDigit);
    const after = Math.ceil(decimals / perDigit);
    const place = this.#at;
    this.#fixed(8 + 2 * (before + after));
    this.#view.setInt16(place + 4, before + after);
    this.#view.setInt16(place + 6, before - 1);
    this.#view.setUint16(place + 8, isNegative ? 0x4000 : 0);
    this.#view.setInt16(place + 10, decimals);
    let at = place + 12;
    for (let digit = before; digit > 0; digit -= 1, at += 2)
      this.#view.setInt16(
        at,
        fourDigits(text, Math.max(from, point - digit * perDigit), point - (digit - 1) * perDigit),
      );
    for (let start = point + 1; start < text.length; start += perDigit, at += 2) {
      const end = Math.min(text.length, start + perDigit);
      this.#view.setInt16(at, fourDigits(text, start, end) * 10 ** (start + perDigit - end));
    }
  }

  /** Reserves a value of so many bytes and writes its length; the value ends at `#at`. */
  #fixed(bytes: number): void {
    this.#reserve(4 + bytes);
    this.#view.setInt32(this.#at, bytes);
    this.#at += 4 + bytes;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#replace(larger);
  }

  #replace(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

const fourDigits = (text: string, from: number, to: number): number => {
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
};
