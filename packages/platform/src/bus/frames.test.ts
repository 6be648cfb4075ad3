import { expect, test } from 'vitest';
import { headedFrame, plainFrame } from './frames.ts';

test('a frame counts bytes, not letters', () => {
  expect(plainFrame('a.b', 'ü')).toBe('PUB a.b 2\r\nü\r\n');
  const payload = '{"name":"Zürich €"}';
  const head = 'x: é\r\n';
  const message = { subject: 'a.b', payload, payloadBytes: Buffer.byteLength(payload), head, headBytes: 7 };
  const frame = headedFrame(message, { head: 'y: 1\r\n' });
  const [line = '', ...rest] = frame.split('\r\n');
  const [headBytes = 0, allBytes = 0] = line.split(' ').slice(-2).map(Number);
  const sent = Buffer.from(rest.join('\r\n'));
  expect(line).toBe(`HPUB a.b ${headBytes} ${allBytes}`);
  expect(sent.subarray(0, headBytes).toString()).toBe('NATS/1.0\r\nx: é\r\ny: 1\r\n\r\n');
  expect(sent.subarray(headBytes, allBytes).toString()).toBe(payload);
  expect(sent.subarray(allBytes).toString()).toBe('\r\n');
});

test('a frame with a reply names it behind the subject', () => {
  const message = { subject: 'a', payload: '', payloadBytes: 0, head: '', headBytes: 0 };
  const frame = headedFrame(message, { reply: 'r.1' });
  expect(frame).toBe('HPUB a r.1 12 12\r\nNATS/1.0\r\n\r\n\r\n');
});
