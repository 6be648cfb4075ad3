import { type Refusal, refuse } from '@arcadia/contracts';

/**
 * From when a change holds: now, unless an operator dates it back. Never in the future, which nobody can know, and never
 * before the change that it follows.
 */
export function effectiveAtOf(given: {
  asked: string | undefined;
  now: Temporal.Instant;
  notBefore: string | null;
}): Temporal.Instant | Refusal<'effective-at-refused'> {
  const floor = given.notBefore === null ? null : Temporal.Instant.from(given.notBefore);
  if (given.asked === undefined) {
    return floor !== null && Temporal.Instant.compare(floor, given.now) > 0 ? floor : given.now;
  }
  const asked = Temporal.Instant.from(given.asked);
  if (Temporal.Instant.compare(asked, given.now) > 0) {
    return refuse('effective-at-refused', `${given.asked} is still to come; it is ${given.now.toString()}.`);
  }
  if (floor !== null && Temporal.Instant.compare(asked, floor) < 0) {
    return refuse('effective-at-refused', `${given.asked} is before its last change, of ${given.notBefore}.`);
  }
  return asked;
}
