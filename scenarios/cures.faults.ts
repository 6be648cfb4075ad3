import { timelineOf } from '@arcadia/app';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dice } from './src/dice.ts';
import { type Fault, faults } from './src/faults/faults.ts';
import { askQuestions } from './src/faults/questions.ts';
import { openRig, type Rig } from './src/faults/rig.ts';
import { monthsOf, proofFaults, replayFaults } from './src/played-months.ts';
import { randomWorld } from './src/random-world.ts';

const world = randomWorld(11);
let rig: Rig;

beforeAll(async () => {
  rig = await openRig(world);
  for (const [index, step] of timelineOf(world).entries()) await rig.play(step, index);
}, 600_000);

afterAll(() => rig[Symbol.asyncDispose]());

/** Proofs and replays of every month, one after the other, until the fault is over; what they answer meanwhile does not count. */
const work = async (isOver: () => boolean): Promise<void> => {
  while (!isOver())
    for (const month of monthsOf(world))
      await Promise.allSettled([proofFaults(month, rig.api), replayFaults(month, rig.api)]);
};

test.each(faults.map((fault): [string, Fault] => [fault.name, fault]))(
  'while proofs and replays run, %s: within 30 seconds of the cure every question has the right answer',
  async (name, fault) => {
    let isOver = false;
    const working = work(() => isOver);
    await fault.run(rig, dice(1));
    isOver = true;
    const cured = Date.now();
    expect(await askQuestions(rig)).toEqual([]);
    process.stderr.write(`${name}: cured after ${((Date.now() - cured) / 1_000).toFixed(1)} s\n`);
    await working;
  },
);
