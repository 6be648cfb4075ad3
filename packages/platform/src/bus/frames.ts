import type { NatsConnection } from '@nats-io/nats-core';

/** A message as the text that is sent to the server for it. */
export type Frame = string;

/** The client's queue of what it sends; it is flushed at the end of the turn, or when it is full. */
type Sending = { protocol: { sendCommand(text: string): void } };

/**
 * Sends messages in order. The client's own `publish` takes five to ten times as long for each: it checks, encodes and queues every piece
 * of it by itself. As with `publish`, what is sent while the connection is down is lost.
 */
export function sendFrames(nc: NatsConnection, frames: readonly Frame[]): void {
  if (nc.isClosed()) throw new Error('the connection to NATS is closed');
  const { protocol } = nc as unknown as Sending;
  // Some at once, so that the server begins to read while the others are encoded.
  for (let from = 0; from < frames.length; from += atOnce) {
    protocol.sendCommand(frames.slice(from, from + atOnce).join(''));
  }
}

const atOnce = 100;

/** A message without headers. */
export const plainFrame = (subject: string, payload: string): Frame =>
  `PUB ${subject} ${Buffer.byteLength(payload)}\r\n${payload}\r\n`;

/** A message with headers, each with the end of its line, followed by further ones (`more.head`, ASCII only). */
export const headedFrame = (
  { subject, payload, payloadBytes, head, headBytes }: Headed,
  more: { reply?: string; head?: string },
): Frame => {
  const { reply, head: last = '' } = more;
  const before = protocolLine.length + headBytes + last.length + 2;
  const to = reply === undefined ? subject : `${subject} ${reply}`;
  return `HPUB ${to} ${before} ${before + payloadBytes}\r\n${protocolLine}${head}${last}\r\n${payload}\r\n`;
};

type Headed = { subject: string; payload: string; payloadBytes: number; head: string; headBytes: number };

const protocolLine = 'NATS/1.0\r\n';
