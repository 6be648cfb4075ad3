import { once } from 'node:events';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from './certificate.ts';

/** A connection that speaks in lines, and may be encrypted in the middle. */
export type LineChannel = {
  /** The next line without its end; null: the client has gone. */
  next(): Promise<string | null>;
  write(text: string): void;
  /** Begins TLS as its server. */
  encrypt(certificate: Certificate): Promise<void>;
  destroy(): void;
};

/** The lines that a client sends over a socket. */
export function lineChannel(socket: Socket): LineChannel {
  let stream: Socket = socket;
  let rest = '';
  let isOver = false;
  const lines: string[] = [];
  let waiting: (() => void) | null = null;
  const wake = () => {
    waiting?.();
    waiting = null;
  };
  const onData = (chunk: Buffer) => {
    rest += chunk.toString('latin1');
    const whole = rest.split('\r\n');
    rest = whole.pop() ?? '';
    lines.push(...whole);
    wake();
  };
  const onEnd = () => {
    isOver = true;
    wake();
  };
  const listen = () => {
    stream.on('data', onData).on('end', onEnd).on('close', onEnd);
    stream.on('error', () => undefined);
  };
  listen();
  return {
    async next() {
      while (lines.length === 0 && !isOver)
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      return lines.shift() ?? null;
    },
    write: (text) => void stream.write(text),
    async encrypt({ cert, key }) {
      stream.off('data', onData).off('end', onEnd).off('close', onEnd);
      // Plaintext that arrived after STARTTLS is discarded (RFC 3207, section 6).
      lines.length = 0;
      rest = '';
      stream = new TLSSocket(socket, { isServer: true, cert, key });
      listen();
      await Promise.race([once(stream, 'secure'), once(stream, 'close')]);
    },
    destroy: () => stream.destroy(),
  };
}
