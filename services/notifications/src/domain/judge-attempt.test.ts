import { expect, test } from 'vitest';
import { backoffMs, judgeAttempt, mostAttempts, retryAfterMs } from './judge-attempt.ts';

const hour = 3_600_000;

test('the attempts of a delivery span about three days, whatever the jitter', () => {
  for (const random of [0, 0.5, 0.999]) {
    let total = 0;
    for (let failures = 1; failures < mostAttempts; failures += 1) total += backoffMs(failures, random);
    expect(total / hour).toBeGreaterThan(54);
    expect(total / hour).toBeLessThan(84);
  }
});

test.each([
  [200, null, 'delivered'],
  [299, null, 'delivered'],
  [300, null, 'retry'],
  [404, null, 'retry'],
  [500, null, 'retry'],
  [null, null, 'retry'],
] as const)('an answer of %s is %s, %s', (status, _, outcome) => {
  expect(judgeAttempt({ status, retryAfterMs: null }, 1, 0.5).outcome).toBe(outcome);
  const last = judgeAttempt({ status, retryAfterMs: null }, mostAttempts, 0.5).outcome;
  expect(last).toBe(outcome === 'retry' ? 'failed' : outcome);
});

test('a wait that a server asks for is kept, up to a day, and holds all its deliveries where it is overloaded', () => {
  expect(judgeAttempt({ status: 503, retryAfterMs: hour }, 1, 0)).toMatchObject({ nextInMs: hour, holdMs: hour });
  expect(judgeAttempt({ status: 503, retryAfterMs: 1_000 * hour }, 1, 0)).toMatchObject({ nextInMs: 24 * hour });
  expect(judgeAttempt({ status: 500, retryAfterMs: null }, 1, 0)).toMatchObject({ nextInMs: 8_000, holdMs: null });
  expect(judgeAttempt({ status: null, retryAfterMs: null }, 13, 0.5)).toMatchObject({
    nextInMs: 12 * hour,
    holdMs: 300_000,
  });
});

test('the header Retry-After is seconds or a date, and anything else is ignored', () => {
  const now = Date.parse('2026-04-01T00:00:00Z');
  expect(retryAfterMs('120', now)).toBe(120_000);
  expect(retryAfterMs('Wed, 01 Apr 2026 00:01:00 GMT', now)).toBe(60_000);
  expect(retryAfterMs('Tue, 31 Mar 2026 00:01:00 GMT', now)).toBe(0);
  for (const wrong of [undefined, '', 'soon', '-5', '1e9', '99999999999999'])
    expect(retryAfterMs(wrong, now)).toBeNull();
});
