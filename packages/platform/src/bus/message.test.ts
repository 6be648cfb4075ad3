import { defineEvent } from '@arcadia/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { joinDivided } from './divide.ts';
import { encodeEvent, eventHead, maxMessageBytes, messageHeaders, messageId } from './message.ts';
import { headerText } from './written-headers.ts';

const usage = defineEvent({
  type: 'usage.accrued',
  version: 3,
  stream: 'METERING',
  summary: 'Lines.',
  data: z.object({ tenant: z.string(), lines: z.array(z.string()) }),
  subject: (d) => `usage.accrued.${d.tenant}`,
  key: (d) => d.tenant,
  parts: [{ array: 'lines' }],
});
const meta = { occurredAt: Temporal.Instant.from('2026-04-01T00:00:00Z'), headers: null };

test('an event carries the CloudEvents attributes, and its id comes from its content', () => {
  const [event] = encodeEvent(usage, { tenant: 'acme', lines: [] }, meta);
  const [again] = encodeEvent(usage, { tenant: 'acme', lines: [] }, meta);
  if (event === undefined) throw new Error('no event');
  expect(again?.id).toBe(event.id);
  expect(messageHeaders(event, 'metering')).toEqual({
    'Nats-Msg-Id': event.id,
    'ce-specversion': '1.0',
    'ce-id': event.id,
    'ce-type': 'usage.accrued',
    'ce-dataversion': '3',
    'ce-source': '/services/metering',
    'ce-time': '2026-04-01T00:00:00Z',
  });
});

test('the relay writes the same headers as text, of the version and the service of each message', () => {
  const [event] = encodeEvent(usage, { tenant: 'acme', lines: [] }, meta);
  if (event === undefined) throw new Error('no event');
  const part = fc.constantFrom({ part: null, parts: null }, { part: 1, parts: 3 });
  const headers = fc.constantFrom(null, { traceparent: '00-1-2-01', 'arcadia-causation': 'a b' });
  const some = fc.record({ version: fc.nat({ max: 3 }), stream: fc.constantFrom('METERING', 'JOBS'), headers, part });
  fc.assert(
    fc.property(
      some,
      fc.constantFrom('metering' as const, 'invoicing' as const),
      ({ part: place, ...changed }, service) => {
        const one = { ...event, ...changed, ...place };
        expect(eventHead(one, service)).toBe(headerText(messageHeaders(one, service)));
      },
    ),
    { numRuns: 100, seed: 9 },
  );
  const broken = { ...event, headers: { traceparent: '00\r\nNats-Msg-Id: other' } };
  expect(() => eventHead(broken, 'metering')).toThrow('may not hold a line break');
});

test('an event that breaks its contract or has an unsafe subject cannot be published', () => {
  expect(() => encodeEvent(usage, { tenant: 'acme' }, meta)).toThrow('usage.accrued cannot be published: lines');
  for (const tenant of ['a b', '>', '*', 'a..b', '', 'x\ny']) {
    expect(() => encodeEvent(usage, { tenant, lines: [] }, meta)).toThrow('cannot be published on subject');
  }
});

test('the parts of an event join to the whole, are each small enough, and have ids of their own', () => {
  const line = fc.string({ unit: 'grapheme', minLength: 1_000, maxLength: 60_000 });
  fc.assert(
    fc.property(fc.array(line, { minLength: 10, maxLength: 60 }), (lines) => {
      const events = encodeEvent(usage, { tenant: 'acme', lines }, meta);
      const payloads = events.map((event) => JSON.parse(event.payload) as { tenant: string; lines: string[] });
      expect(payloads.flatMap((payload) => payload.lines)).toEqual(lines);
      expect(payloads.every((payload) => payload.tenant === 'acme')).toBe(true);
      for (const event of events) expect(Buffer.byteLength(event.payload)).toBeLessThanOrEqual(maxMessageBytes);
      expect(new Set(events.map(messageId)).size).toBe(events.length);
      const parts = events.length === 1 ? null : events.length;
      expect(events.map((event) => event.parts)).toEqual(events.map(() => parts));
    }),
    { numRuns: 15, seed: 11 },
  );
});

test('an event with one item too large for a message is refused', () => {
  const lines = ['x'.repeat(maxMessageBytes)];
  expect(() => encodeEvent(usage, { tenant: 'acme', lines }, meta)).toThrow('too large for a message by itself');
});

const manifest = defineEvent({
  type: 'period.closed',
  version: 1,
  stream: 'METERING',
  summary: 'Tenants with what they hold.',
  data: z.object({
    period: z.string(),
    tenants: z.array(z.object({ name: z.string(), first: z.array(z.string()), second: z.array(z.string()) })),
    notes: z.array(z.string()),
  }),
  subject: (d) => `period.closed.${d.period}`,
  key: (d) => d.period,
  parts: [{ array: 'tenants', item: { key: 'name', arrays: ['first', 'second'] } }, { array: 'notes' }],
});

test('an item that is larger than a message is divided at its own arrays, and joins to the same item', () => {
  const texts = fc.array(fc.integer({ min: 100, max: 90_000 }), { maxLength: 25 });
  const long = (lengths: number[]): string[] => lengths.map((length, index) => `${index}`.padEnd(length, 'x'));
  fc.assert(
    fc.property(fc.array(fc.tuple(texts, texts), { maxLength: 5 }), texts, (given, noted) => {
      const tenants = given.map(([first, second], index) => ({
        name: `t${index}`,
        first: long(first),
        second: long(second),
      }));
      const data = { period: '2026-04', tenants, notes: long(noted) };
      const payloads = encodeEvent(manifest, data, meta).map(({ payload }) => payload);
      for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(maxMessageBytes);
      const parts = payloads.map((payload) => JSON.parse(payload) as Record<string, unknown>);
      expect(parts.length === 1 ? parts[0] : joinDivided(parts, manifest.parts)).toEqual(data);
    }),
    { numRuns: 40, seed: 12 },
  );
});

test('the parts of an event are joined as they were written before items could be divided', () => {
  const parts = [
    { tenant: 'acme', lines: ['a', 'a'] },
    { tenant: 'acme', lines: ['a', 'b'] },
  ];
  expect(joinDivided(parts, usage.parts)).toEqual({ tenant: 'acme', lines: ['a', 'a', 'a', 'b'] });
  expect(() => joinDivided([{ tenant: 'acme' }], usage.parts)).toThrow('a part has no array `lines`');
});
