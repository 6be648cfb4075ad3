import { expect, test } from 'vitest';
import { differences, dimensionDifferences } from './src/compare.ts';
import { randomWorld } from './src/random-world.ts';
import { startWholeStack } from './src/whole-stack.ts';

/** `ARCADIA_SEED=7 vitest run scenarios/random-worlds` plays only that world. */
const seeds = process.env['ARCADIA_SEED'] ? [Number(process.env['ARCADIA_SEED'])] : [22, 26, 8, 12];

test.for(seeds)(
  'the report of the generated world with seed %i equals the result of the independent calculator',
  async (seed) => {
    const world = randomWorld(seed);
    await using stack = await startWholeStack(world);
    expect([seed, differences(world, await stack.play())]).toEqual([seed, []]);
    expect([seed, await dimensionDifferences(world, stack.player.api)]).toEqual([seed, []]);
  },
);
