import type { JsMsg } from '@nats-io/jetstream';
import { MsgImpl } from '@nats-io/nats-core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headersOf } from './read-headers.ts';

/** A message as the client makes it of what the server sent, as far as its headers. */
function received(head: string, payload = '{}'): JsMsg {
  const bytes = Buffer.from(head + payload);
  const place = { hdr: head === '' ? -1 : Buffer.byteLength(head), size: bytes.length };
  const msg = new MsgImpl(place as never, bytes, undefined as never);
  return { msg, headers: msg.headers } as unknown as JsMsg;
}

const ofClient = ({ headers }: JsMsg): Record<string, string> =>
  Object.fromEntries([...(headers ?? [])].map(([name, values]) => [name, values[0] ?? '']));

test('headers are read as the client reads them', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,9}$/);
  const value = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !/[\r\n]/.test(text));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 8 }), fc.string(), (lines, payload) => {
      const message = received(
        `NATS/1.0\r\n${lines.map(([key, text]) => `${key}: ${text}\r\n`).join('')}\r\n`,
        payload,
      );
      expect(headersOf(message)).toEqual(ofClient(message));
    }),
    { numRuns: 50, seed: 5 },
  );
});

test('a message without headers has none, and a status line is none', () => {
  expect(headersOf(received(''))).toEqual({});
  expect(headersOf(received('NATS/1.0 100 Idle Heartbeat\r\n\r\n'))).toEqual({});
});

test('a message that the client keeps otherwise is read through the client', () => {
  const message = { headers: [['ce-id', ['1', '2']]] } as unknown as JsMsg;
  expect(headersOf(message)).toEqual({ 'ce-id': '1' });
});
