import { expect, test } from 'vitest';
import { differences, dimensionDifferences } from './src/compare.ts';
import { randomWorld } from './src/random-world.ts';
import { startWholeStack } from './src/whole-stack.ts';

/** Different worlds at each run; the first seed is in the test titles, and ARCADIA_SEED plays it again. */
const first = Number(process.env['ARCADIA_SEED'] ?? Math.floor(Date.now() / 1000) % 1_000_000);
const seeds = Array.from({ length: Number(process.env['ARCADIA_WORLDS'] ?? 12) }, (_, index) => first + index);

test.for(seeds)(
  'the report of the generated world with seed %i equals the result of the independent calculator',
  async (seed) => {
    const world = randomWorld(seed);
    await using stack = await startWholeStack(world);
    expect([seed, differences(world, await stack.play())]).toEqual([seed, []]);
    expect([seed, await dimensionDifferences(world, stack.player.api)]).toEqual([seed, []]);
  },
);
