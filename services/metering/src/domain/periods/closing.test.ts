import { daysOf } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { type ClosingFacts, missingForClose } from './closing.ts';
import { retentionReason } from './retention.ts';

const whole: ClosingFacts = {
  period: '2026-04',
  completedDays: new Set(daysOf('2026-04')),
  failedDays: new Map(),
  pendingDays: [],
  kinds: [
    {
      kind: 'droplet_hours',
      resourceKind: 'droplet',
      sweptAt: Temporal.Instant.from('2026-05-01T00:00:00Z'),
      sweepSeq: 7,
    },
  ],
  parked: 0,
  handledThrough: 7,
  openLetters: 0,
  requeuedThrough: 7,
};

test('nothing is missing when every day is metered and every kind swept from the end of the period on', () => {
  expect(missingForClose(whole)).toEqual([]);
});

test('every reason that keeps a period open is named', () => {
  const [droplet] = whole.kinds;
  if (droplet === undefined) throw new Error('no kind');
  const missing = missingForClose({
    ...whole,
    completedDays: new Set(daysOf('2026-04').slice(1)),
    pendingDays: ['2026-04-03'],
    kinds: [
      { ...droplet, sweptAt: Temporal.Instant.from('2026-04-30T23:59:59.999Z') },
      { ...droplet, kind: 'volume_gb_month', resourceKind: 'volume', sweptAt: null, sweepSeq: 8 },
    ],
    parked: 2,
    openLetters: 3,
  });
  expect(missing).toEqual([
    'day 2026-04-01 is not metered',
    'day 2026-04-03 is touched by something late and not metered again yet',
    "droplet was last swept completely at 2026-04-30T23:59:59.999Z, before the period's end, so droplet_hours is not known",
    'volume was never swept completely, so volume_gb_month is not known',
    'messages that the inventory published before its sweeps are not handled yet',
    '2 messages of the period are parked on dead.metering.inventory',
  ]);
});

test('a parked message that an operator has dismissed keeps no period open', () => {
  expect(missingForClose({ ...whole, parked: 1, openLetters: 0 })).toEqual([]);
});

test('a parked message that an operator has requeued keeps a period open until it is handled', () => {
  const requeued = { ...whole, parked: 1, openLetters: 0, requeuedThrough: 8 };
  expect(missingForClose(requeued)).toEqual([
    'messages that were requeued from dead.metering.inventory may not be handled yet',
  ]);
  expect(missingForClose({ ...requeued, handledThrough: 8 })).toEqual([]);
  expect(missingForClose({ ...requeued, parked: 0 })).toEqual([]);
});

test('facts are kept for the longest retention of their kinds, and while late usage of their period is accepted', () => {
  const facts = {
    period: '2026-04',
    status: 'closed',
    retentionDays: 31,
    lateWindowDays: 60,
    uninvoicedTenants: [],
  } as const;
  const at = (text: string) => Temporal.Instant.from(text);
  expect(retentionReason(facts, at('2026-06-29T23:59:59Z'))).toBe('kept until 2026-06-30T00:00:00Z');
  expect(retentionReason(facts, at('2026-06-30T00:00:00Z'))).toBeNull();
  expect(retentionReason({ ...facts, status: 'closing' }, at('2030-01-01T00:00:00Z'))).toBe('not closed');
  expect(retentionReason({ ...facts, uninvoicedTenants: ['acme'] }, at('2030-01-01T00:00:00Z'))).toBe(
    'not invoiced to acme',
  );
});
