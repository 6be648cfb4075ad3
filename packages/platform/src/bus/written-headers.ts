import { type MsgHdrs, MsgHdrsImpl } from '@nats-io/nats-core';

const lineBreak = /[\r\n]/;

/** Headers as they are sent, for a message that this process sends and does not read. */
class WrittenHeaders extends MsgHdrsImpl {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  override encode(): Uint8Array {
    return this.#bytes;
  }
}

/**
 * Writes headers at once. The client sets them one by one in a map and puts them together when it sends, which takes five times as
 * long, a third of the relay's time.
 * @throws for a value with a line break, which would end its header
 */
export function writeHeaders(...given: readonly Readonly<Record<string, string>>[]): MsgHdrs {
  let text = 'NATS/1.0\r\n';
  for (const headers of given) {
    for (const name of Object.keys(headers)) {
      const value = headers[name] ?? '';
      if (lineBreak.test(value)) throw new Error(`the header ${name} may not hold a line break`);
      text += `${name}: ${value}\r\n`;
    }
  }
  return new WrittenHeaders(Buffer.from(`${text}\r\n`));
}
