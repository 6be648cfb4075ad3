import { describe, expect, it } from 'vitest';
import { createTokenBudget, retryAfterMs, type TokenBudget } from './budget.ts';

const start = Temporal.Instant.from('2026-04-01T00:00:00Z');

/** A budget with a clock that the test moves. */
function budgetAt(options: { perMinute?: number; perHour?: number; reserve?: number }) {
  let now = start;
  const budget = createTokenBudget({ ...options, now: () => now });
  return {
    budget,
    moveBy: (seconds: number) => {
      now = now.add({ seconds });
    },
    passes: async (count: number): Promise<number> => {
      for (let passed = 0; passed < count; passed += 1) if (!(await passesNow(budget))) return passed;
      return count;
    },
  };
}

async function passesNow(budget: TokenBudget): Promise<boolean> {
  const stop = new AbortController();
  const taking = budget.take(stop.signal).then(
    () => true,
    () => false,
  );
  setTimeout(() => stop.abort(), 5);
  return taking;
}

const answer = (status: number, headers: Record<string, string>) => ({ status, headers: new Headers(headers) });

describe('a token budget', () => {
  it('allows the requests of a minute at once, and the next when the oldest is a minute old', async () => {
    const { passes, moveBy } = budgetAt({ perMinute: 3 });
    expect(await passes(5)).toBe(3);
    moveBy(61);
    expect(await passes(5)).toBe(3);
  });

  it('leaves its reserve of the hourly limit unused', async () => {
    const { passes, moveBy } = budgetAt({ perHour: 20, perMinute: 100, reserve: 2 });
    expect(await passes(30)).toBe(18);
    moveBy(3601);
    expect(await passes(30)).toBe(18);
  });

  it('pauses until the oldest request expires when the provider reports few remaining requests', async () => {
    const { budget, passes, moveBy } = budgetAt({});
    const reset = String(start.epochMilliseconds / 1000 + 30);
    await budget.observe(
      answer(200, { 'ratelimit-limit': '5000', 'ratelimit-remaining': '80', 'ratelimit-reset': reset }),
    );
    expect(await passes(1)).toBe(0);
    moveBy(31);
    expect(await passes(1)).toBe(1);
  });

  it('obeys retry-after, and without it waits until the reset', async () => {
    const { budget, passes, moveBy } = budgetAt({});
    await budget.observe(answer(429, { 'retry-after': '10', 'ratelimit-remaining': '0' }));
    expect(await passes(1)).toBe(0);
    moveBy(10);
    expect(await passes(1)).toBe(1);
    const headers = new Headers({
      'ratelimit-remaining': '0',
      'ratelimit-reset': String(start.epochMilliseconds / 1000 + 90),
    });
    expect(retryAfterMs(headers, start.epochMilliseconds)).toBe(90_000);
    expect(retryAfterMs(new Headers(), start.epochMilliseconds)).toBeNull();
  });

  it('stops waiting when the signal aborts', async () => {
    const { budget } = budgetAt({ perMinute: 1 });
    await budget.take();
    await expect(budget.take(AbortSignal.timeout(10))).rejects.toThrow();
  });
});
