import { expect, test } from 'vitest';
import { type BudgetLedger, sharedBudget } from './shared-budget.ts';

const start = Temporal.Instant.from('2026-04-01T00:00:00Z');
const standing = { now: () => start };
const running = { now: () => Temporal.Now.instant() };

const ledgerOf = (waits: number[]) => {
  const calls: string[] = [];
  const ledger: BudgetLedger = {
    take: async (requests) => {
      calls.push(`take ${requests}`);
      return waits.shift() ?? 0;
    },
    block: async (until) => {
      calls.push(`block ${until}`);
    },
  };
  return { ledger, calls };
};

test('shared budget: each request is taken from the ledger separately', async () => {
  const { ledger, calls } = ledgerOf([]);
  const budget = sharedBudget({ ledger, clock: standing });
  await Promise.all(Array.from({ length: 3 }, () => budget.take()));
  expect(calls).toEqual(['take 1', 'take 1', 'take 1']);
});

test('shared budget: a request waits while the clock runs, but not while it stands still', async () => {
  const standingLedger = ledgerOf([30, 30]);
  await sharedBudget({ ledger: standingLedger.ledger, clock: standing }).take();
  expect(standingLedger.calls).toEqual(['take 1']);

  const { ledger, calls } = ledgerOf([30, 30]);
  await sharedBudget({ ledger, clock: running }).take();
  expect(calls).toEqual(['take 1', 'take 1', 'take 1']);
});

test('shared budget: a wait that is too long is refused with its length, also when it grows while waiting', async () => {
  const takeWith = (waits: number[]) =>
    sharedBudget({ ledger: ledgerOf(waits).ledger, clock: running, longestWaitMs: 5_000 }).take();
  await expect(takeWith([30, 3_600_000])).rejects.toMatchObject({ name: 'LongWait', ms: 3_600_000 });
  await takeWith([30, 30]);
});

test.each([
  [429, { 'retry-after': '7' }, '2026-04-01T00:00:07Z'],
  [
    200,
    {
      'ratelimit-remaining': '50',
      'ratelimit-reset': String(start.epochMilliseconds / 1000 + 60),
      'ratelimit-limit': '5000',
    },
    '2026-04-01T00:01:00Z',
  ],
  [429, { 'retry-after': '999999999' }, '2026-04-01T01:00:00Z'],
  [200, { 'ratelimit-remaining': '0', 'ratelimit-reset': '99999999999999999' }, '2026-04-01T01:00:00Z'],
  [200, { 'ratelimit-remaining': '4000', 'ratelimit-reset': String(start.epochMilliseconds / 1000 + 60) }, null],
])('shared budget: a response of %i with %j blocks the token', async (status, headers, until) => {
  const { ledger, calls } = ledgerOf([]);
  await sharedBudget({ ledger, clock: standing }).observe({
    status,
    headers: new Headers(headers as Record<string, string>),
  });
  expect(calls).toEqual(until === null ? [] : [`block ${until}`]);
});

test('shared budget: an aborted request stops waiting', async () => {
  const { ledger } = ledgerOf(Array.from({ length: 100 }, () => 1000));
  const budget = sharedBudget({ ledger, clock: running });
  await expect(budget.take(AbortSignal.timeout(50))).rejects.toThrow();
});
