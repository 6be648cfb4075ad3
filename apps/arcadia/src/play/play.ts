import type { PlayedClock, RunningService } from '@arcadia/platform';
import { untilQuiet } from '@arcadia/platform';
import type { Home } from '../home.ts';
import type { Progress } from '../progress.ts';
import { type Performer, perform } from './perform.ts';
import { describeStep, timelineOf } from './timeline.ts';

export type PlayOptions = Performer & {
  home: Home;
  services: readonly RunningService[];
  /** The clock of the services. */
  clock: PlayedClock;
  /** The clock of the simulated provider. */
  providerClock: PlayedClock;
  progress: Progress;
  signal: AbortSignal;
};

/** The longest wait for the services to finish the work of one step, in milliseconds. */
const quietTimeoutMs = 120_000;

/** Steps after which the remaining time is estimated; before, the average of a step is not steady. */
const stepsOfEstimate = 10;

/** The estimated remaining time as the end of a line, from the average time of the steps that are done. */
const timeLeft = (steps: number): ((done: number) => string) => {
  const startedAt = Date.now();
  return (done) => {
    if (done < stepsOfEstimate) return '';
    const seconds = Math.ceil((((Date.now() - startedAt) / done) * (steps - done)) / 1000);
    return `  · about ${seconds} s left`;
  };
};

const notRunning = { isFinished: false, runningSince: null };

/** Plays the world from its stored step to its end. Returns false when it was interrupted before. */
export const play = async (options: PlayOptions): Promise<boolean> => {
  const { home, world, services, clock, providerClock, progress, signal } = options;
  // The clock of a finished world has run on, and a version with more steps must not set it back.
  if (home.state.played?.isFinished === true) return true;
  const steps = timelineOf(world);
  const from = home.state.played?.steps ?? 0;
  const left = timeLeft(steps.length - from);
  for (const [index, step] of steps.entries()) {
    if (index < from) continue;
    if (signal.aborted) return false;
    progress.now(`${describeStep(step)}${left(index - from)}`, index + 1, steps.length);
    clock.set(step.at);
    providerClock.set(step.at);
    // Stored before the step, so that after a crash the clock is not earlier than anything that the step did.
    home.save({ ...notRunning, steps: index, at: step.at.toString() });
    await perform(step, `play:${index}`, options);
    await untilQuiet(services, { timeoutMs: quietTimeoutMs });
    home.save({ ...notRunning, steps: index + 1, at: step.at.toString(), isFinished: index + 1 === steps.length });
  }
  return true;
};
