import type { JsMsg } from '@nats-io/jetstream';

/** A message as the client holds it: the bytes as they came, and how many of them, from the first on, are headers (-1: none). */
type Raw = { msg?: { _rdata?: Uint8Array; _msg?: { hdr?: number } } };

const decoder = new TextDecoder();
const lineEnd = '\r\n';

/**
 * All headers of a message, the first value of each, read in one pass over its bytes. The client's own reading takes three times as
 * long, which is more than parsing and validating the content: it looks at each letter of a name and searches all names for each.
 */
export function headersOf(message: JsMsg): Record<string, string> {
  const { _rdata: bytes, _msg: place } = (message as Raw).msg ?? {};
  if (bytes === undefined || place?.hdr === undefined) return headersOfClient(message);
  return place.hdr > 0 ? parse(decoder.decode(bytes.subarray(0, place.hdr))) : {};
}

/** The names of the headers of the message before, in their order: most messages have the same. */
const lastNames: string[] = [];

/** Reads the lines behind the first one, which names the protocol. */
function parse(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  let place = 0;
  for (let at = text.indexOf(lineEnd) + lineEnd.length; at < text.length; place += 1) {
    const found = text.indexOf(lineEnd, at);
    const end = found === -1 ? text.length : found;
    const name = nameAt(text, { at, end, place });
    if (name !== null) headers[name] ??= text.slice(at + name.length + 1, end).trim();
    at = end + lineEnd.length;
  }
  return headers;
}

function nameAt(text: string, { at, end, place }: { at: number; end: number; place: number }): string | null {
  const last = lastNames[place];
  if (last !== undefined && text.startsWith(last, at) && text.charAt(at + last.length) === ':') return last;
  const colon = text.indexOf(':', at);
  if (colon === -1 || colon >= end) return null;
  const name = text.slice(at, colon);
  if (place < mostNames) lastNames[place] = name;
  return name;
}

const mostNames = 32;

function headersOfClient({ headers: read }: JsMsg): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of read ?? []) headers[name] = values[0] ?? '';
  return headers;
}
