import type { PlayedClock, RunningService } from '@arcadia/platform';
import { untilQuiet } from '@arcadia/platform';
import type { Home } from '../home.ts';
import type { Progress } from '../progress.ts';
import { type Performer, perform } from './perform.ts';
import { describeStep, timelineOf } from './timeline.ts';

export type PlayOptions = Performer & {
  home: Home;
  services: readonly RunningService[];
  /** The services' clock, and the simulator's, which follows only when everything before is done. */
  clock: PlayedClock;
  providerClock: PlayedClock;
  progress: Progress;
  signal: AbortSignal;
};

/** Longest wait for the services to finish what a step set in motion, in milliseconds. */
const quietPatienceMs = 120_000;

const standing = { isFinished: false, runningSince: null };

/** Plays the world from where it stands to its end. True when it got there, false when it was asked to stop. */
export const play = async (options: PlayOptions): Promise<boolean> => {
  const { home, world, services, clock, providerClock, progress, signal } = options;
  // Its clock has run on since, and a version that plays a step more must not set it back.
  if (home.state.played?.isFinished === true) return true;
  const steps = timelineOf(world);
  const from = home.state.played?.steps ?? 0;
  for (const [index, step] of steps.entries()) {
    if (index < from) continue;
    if (signal.aborted) return false;
    progress.now(describeStep(step), index + 1, steps.length);
    clock.set(step.at);
    providerClock.set(step.at);
    // Noted before anything happens at it, so that a crash does not set the clock back behind that.
    home.save({ ...standing, steps: index, at: step.at.toString() });
    await perform(step, `play:${index}`, options);
    await untilQuiet(services, { timeoutMs: quietPatienceMs });
    home.save({ ...standing, steps: index + 1, at: step.at.toString(), isFinished: index + 1 === steps.length });
  }
  return true;
};
