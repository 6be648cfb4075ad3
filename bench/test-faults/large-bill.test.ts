import { expect, test } from 'vitest';
import { onServers } from '../src/run-bench.ts';
import { measureBill } from '../src/scale/measure-bill.ts';

const resources = 10_000;
/** How long the gateway waits for an answer. */
const limitMs = 10_000;

test.each([
  { oneDiffersOf: 100, name: 'a hundredth' },
  { oneDiffersOf: 1, name: 'each' },
])(
  `the differences between a bill and the usage of ${resources} resources come in time where $name differs, right after the bill is read`,
  async ({ oneDiffersOf }) => {
    const { differences_longest_ms } = await onServers(
      () => {},
      (stage) => measureBill(stage, resources, oneDiffersOf),
    );
    expect(differences_longest_ms).toBeLessThan(limitMs);
  },
);
