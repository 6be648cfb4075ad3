import { expect, test } from 'vitest';
import { pauseMs } from './end-attempt.ts';

const patient = { retryDelayMs: (attempt: number) => Math.min(1_000 * 2 ** attempt, 600_000) };

test('a job goes on within seconds of the end of an outage, however long that was and however patient its own retries are', () => {
  const times = Array.from({ length: 200 }, (_, index) => index + 1);
  for (const job of [{}, patient])
    expect(Math.max(...times.map((postponed) => pauseMs(job, postponed)))).toBeLessThanOrEqual(5_000);
  expect(pauseMs({}, 1)).toBe(1_000);
});
