import { timelineOf } from '@arcadia/app';
import { expect, test } from 'vitest';
import { dice } from './src/dice.ts';
import { type Fault, faults } from './src/faults/faults.ts';
import { askQuestions } from './src/faults/questions.ts';
import { openRig } from './src/faults/rig.ts';
import { randomWorld } from './src/random-world.ts';

/** `npm run test:faults -- --seed N --minutes M`: the seed repeats the world and the faults, but not where they strike to the millisecond. */
const seed = Number(process.env['ARCADIA_SEED'] ?? Math.floor(Date.now() / 1000) % 1_000_000);
const minutes = Number(process.env['ARCADIA_MINUTES'] ?? 5);
/** A fault strikes during one step out of so many, so that several months are played in the time. */
const everySteps = 6;

test(
  `faults drawn at random (seed ${seed}) strike while months are played, and every figure, number and proof is right`,
  async () => {
    const endsAt = Date.now() + minutes * 60_000;
    const struck: string[] = [];
    for (let round = 0; round === 0 || Date.now() < endsAt; round += 1) {
      const dices = dice(seed + round);
      const world = randomWorld(seed + round);
      await using rig = await openRig(world);
      // Each fault once before any comes again.
      let drawn: Fault[] = [];
      for (const [index, step] of timelineOf(world).entries()) {
        const strikes = dices.chance(1 / everySteps);
        if (strikes && drawn.length === 0) drawn = [...faults];
        const fault = strikes ? drawn.splice(dices.upTo(drawn.length), 1)[0] : undefined;
        if (fault !== undefined) {
          struck.push(`${seed + round}, step ${index}: ${fault.name}`);
          process.stderr.write(`seed ${struck.at(-1)}\n`);
        }
        const before = fault === undefined ? 0 : rig.log().length;
        const cured = fault?.run(rig, dices).then(() => Date.now());
        await Promise.all([rig.play(step, index), cured]);
        if (cured !== undefined) {
          const seconds = (Date.now() - (await cured)) / 1_000;
          process.stderr.write(`  the step went on to its end within ${seconds.toFixed(1)} s of the cure\n`);
        }
        const isInLog = fault?.logs?.test(rig.log().slice(before)) ?? true;
        expect({ fault: fault?.name, isInLog }).toMatchObject({ isInLog: true });
      }
      const asked = Date.now();
      const wrong = await askQuestions(rig);
      process.stderr.write(
        `seed ${seed + round}: every question was answered after ${(Date.now() - asked) / 1_000} s\n`,
      );
      expect({ struck, wrong }).toEqual({ struck, wrong: [] });
    }
  },
  Math.max(minutes * 2, 30) * 60_000,
);
