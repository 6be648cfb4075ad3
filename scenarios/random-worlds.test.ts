import { expect, test } from 'vitest';
import { differences } from './src/compare.ts';
import { randomWorld } from './src/random-world.ts';
import { startWholeStack } from './src/whole-stack.ts';

/** `ARCADIA_SEED=7 vitest run scenarios/random-worlds` plays that world alone. */
const seeds = process.env['ARCADIA_SEED'] ? [Number(process.env['ARCADIA_SEED'])] : [22, 26];

test.for(seeds)('the world of seed %i comes to what a calculator that knows only the file comes to', async (seed) => {
  const world = randomWorld(seed);
  await using stack = await startWholeStack(world);
  expect([seed, differences(world, await stack.play())]).toEqual([seed, []]);
});
