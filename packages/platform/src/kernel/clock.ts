/** Where every decided timestamp comes from. Tokens, leases and deadlines follow the wall, everything played follows this. */
export type Clock = { now(): Temporal.Instant };

export const systemClock: Clock = { now: () => Temporal.Now.instant() };

export type PlayedClock = Clock & {
  /** Stand at this instant. */
  set(instant: Temporal.Instant): void;
  /** From now on the clock advances with the wall, from where it stands. */
  run(): void;
  isRunning(): boolean;
};

/** A clock that stands still until it is set, and can be let go; time-lapse plays a month with it. */
export function playedClock(at: Temporal.Instant): PlayedClock {
  let standsAt = at;
  let runningSince: Temporal.Instant | null = null;
  const now = () => (runningSince === null ? standsAt : standsAt.add(runningSince.until(Temporal.Now.instant())));
  return {
    now,
    set(instant) {
      standsAt = instant;
      if (runningSince !== null) runningSince = Temporal.Now.instant();
    },
    run() {
      if (runningSince === null) runningSince = Temporal.Now.instant();
    },
    isRunning: () => runningSince !== null,
  };
}
