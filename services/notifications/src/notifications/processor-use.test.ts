import { expect, test } from 'vitest';
import { processorUse, useByEventLoop } from './processor-use.ts';

const workForMs = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

test('a thread that calculates uses a processor', () => {
  const before = processorUse();
  workForMs(30);
  expect(processorUse().usedMs).toBeGreaterThan(before.usedMs);
});

test.runIf(process.platform === 'linux')('what a thread has waited for never shrinks', () => {
  const before = processorUse();
  workForMs(30);
  expect(processorUse().waitedMs).toBeGreaterThanOrEqual(before.waitedMs);
});

test('without counters of the system, time in which the thread has work and no processor is a wait', () => {
  const before = useByEventLoop();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  const after = useByEventLoop();
  const used = after.usedMs - before.usedMs;
  expect(used).toBeLessThan(40);
  expect(after.waitedMs - before.waitedMs).toBeGreaterThan(45 - used);
});
