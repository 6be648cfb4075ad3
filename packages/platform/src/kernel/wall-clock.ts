import { type Clock, systemClock } from './clock.ts';

/**
 * The real time, also while a month is played: tokens, API keys and signatures are judged by it. It is the machine's until it follows
 * another clock, that of Postgres, which all replicas share.
 */
export type WallClock = Clock & { follow(clock: Clock): void };

export function wallClock(): WallClock {
  let source = systemClock;
  return {
    now: () => source.now(),
    follow(clock) {
      source = clock;
    },
  };
}
