import { type Refusal, refuse } from '@arcadia/contracts';

/**
 * When a change takes effect: now, unless an operator dates it back. A date in the future is refused, and so is a date before
 * the previous change.
 * @param given.notBefore when the previous change took effect; null: there is none
 */
export function effectiveAtOf(given: {
  requested: string | undefined;
  now: Temporal.Instant;
  notBefore: string | null;
}): Temporal.Instant | Refusal<'effective-at-refused'> {
  const floor = given.notBefore === null ? null : Temporal.Instant.from(given.notBefore);
  if (given.requested === undefined) {
    return floor !== null && Temporal.Instant.compare(floor, given.now) > 0 ? floor : given.now;
  }
  const requested = Temporal.Instant.from(given.requested);
  if (Temporal.Instant.compare(requested, given.now) > 0) {
    return refuse(
      'effective-at-refused',
      `effective_at ${given.requested} is in the future; it is now ${given.now.toString()}.`,
    );
  }
  if (floor !== null && Temporal.Instant.compare(requested, floor) < 0) {
    return refuse(
      'effective-at-refused',
      `effective_at ${given.requested} is before the last change of the deployment, at ${given.notBefore}.`,
    );
  }
  return requested;
}

/** The later of now and the instant of the previous change. */
export function laterOf(now: Temporal.Instant, notBefore: string): Temporal.Instant {
  const at = Temporal.Instant.from(notBefore);
  return Temporal.Instant.compare(at, now) > 0 ? at : now;
}
