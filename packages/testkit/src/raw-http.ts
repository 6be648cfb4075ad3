import { connect } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

/** An answer with its body as it was before compression; that of a live feed is left out, because it does not end. */
export type RawAnswer = { status: number; headers: ReadonlyMap<string, string>; body: Buffer };

/** A client that sends requests one after the other on one connection, and reports how each was answered. */
export type RawConnection = Disposable & {
  /** Sends bytes and reads one answer. Throws Error if the connection ends before the answer does, or after the time. */
  send(bytes: Buffer, options?: { isHead?: boolean; withinMs?: number }): Promise<RawAnswer>;
  /** Sends bytes without waiting for an answer. */
  write(bytes: Buffer): void;
  readonly isOpen: () => boolean;
};

/** Opens a connection. `fetch` would correct the requests that a test wants to be wrong. */
export const openRaw = async (address: string): Promise<RawConnection> => {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let received = Buffer.alloc(0);
  let isOver = false;
  let wake = (): void => {};
  const end = (): void => {
    isOver = true;
    wake();
  };
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('end', end).on('close', end).on('error', end);
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()).once('close', () => resolve()));

  return {
    isOpen: () => !isOver && socket.writable,
    write: (bytes) => void (isOver || socket.write(bytes)),
    send: async (bytes, { isHead = false, withinMs = 20_000 } = {}) => {
      socket.write(bytes);
      const until = performance.now() + withinMs;
      for (;;) {
        const found = readAnswer(received, isHead, isOver);
        if (found !== null) {
          received = received.subarray(found.length);
          // An interim answer (100) is followed by the final one.
          if (found.answer.status >= 200) return found.answer;
          continue;
        }
        const left = until - performance.now();
        const seen = received.subarray(0, 200).toString('latin1');
        if (isOver) throw new Error(`the connection ended within the answer ${JSON.stringify(seen)}`);
        if (left <= 0) throw new Error(`no answer within ${withinMs} ms, only ${JSON.stringify(seen)}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
};

/** The first answer in what was received and its length in bytes; null while it is not whole. */
const readAnswer = (
  received: Buffer,
  isHead: boolean,
  isOver: boolean,
): { answer: RawAnswer; length: number } | null => {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const [line = '', ...fields] = received.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1] ?? 'NaN');
  const headers = new Map(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  );
  const start = headEnd + 4;
  const done = (body: Buffer, length: number) => {
    const unzip = { gzip: gunzipSync, br: brotliDecompressSync }[headers.get('content-encoding') ?? ''];
    return { answer: { status, headers, body: unzip === undefined || body.length === 0 ? body : unzip(body) }, length };
  };
  if (headers.get('content-type') === 'text/event-stream') return done(Buffer.alloc(0), received.length);
  if (isHead || status < 200 || status === 204 || status === 304) return done(Buffer.alloc(0), start);
  const length = headers.get('content-length');
  if (length !== undefined) {
    const end = start + Number(length);
    return received.length < end ? null : done(received.subarray(start, end), end);
  }
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(received, start, done);
  return isOver ? done(received.subarray(start), received.length) : null;
};

const readChunks = <Done>(
  received: Buffer,
  start: number,
  done: (body: Buffer, length: number) => Done,
): Done | null => {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(received.subarray(at, lineEnd).toString('latin1'), 16);
    if (size === 0) {
      // The last chunk is followed by the trailers, if any, and an empty line.
      const end = received.indexOf('\r\n\r\n', lineEnd);
      return end === -1 ? null : done(Buffer.concat(chunks), end + 4);
    }
    const next = lineEnd + 2 + size + 2;
    if (received.length < next) return null;
    chunks.push(received.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
};
