/**
 * The source of every timestamp that a service decides, in microseconds: Postgres stores no finer ones. A running service takes
 * it from Postgres (`startPostgresClock`), a played one from the player. Leases and tokens follow Postgres (`wallClock`), also
 * while a played clock stands still.
 */
export type Clock = { now(): Temporal.Instant };

const machineTime = (): Temporal.Instant =>
  Temporal.Now.instant().round({ smallestUnit: 'microsecond', roundingMode: 'floor' });

export const systemClock: Clock = { now: machineTime };

export type PlayedClock = Clock & {
  /** Stops the clock at this instant, or lets it run on from there. */
  set(instant: Temporal.Instant): void;
  /** Lets the clock advance with the machine's, from its present instant. */
  run(): void;
  isRunning(): boolean;
};

/** A clock that stands still until it is set or started; time-lapse plays a month with it. */
export function playedClock(at: Temporal.Instant): PlayedClock {
  let standsAt = at;
  let runningSince: Temporal.Instant | null = null;
  const now = () => (runningSince === null ? standsAt : standsAt.add(runningSince.until(machineTime())));
  return {
    now,
    set(instant) {
      standsAt = instant;
      if (runningSince !== null) runningSince = machineTime();
    },
    run() {
      if (runningSince === null) runningSince = machineTime();
    },
    isRunning: () => runningSince !== null,
  };
}
