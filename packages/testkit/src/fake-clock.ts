/** A clock for tests, see `fakeClock`. */
export type FakeClock = {
  now(): Temporal.Instant;
  /** Moves the clock forward and returns the new instant. */
  advance(by: Temporal.DurationLike | string): Temporal.Instant;
  set(instant: Temporal.Instant | string): void;
};

/** A clock that stands still until it is moved, in UTC. */
export function fakeClock(start: Temporal.Instant | string): FakeClock {
  let present = Temporal.Instant.from(start);
  return {
    now: () => present,
    advance(by) {
      present = present.toZonedDateTimeISO('UTC').add(by).toInstant();
      return present;
    },
    set(instant) {
      present = Temporal.Instant.from(instant);
    },
  };
}
