import { type Actor, addMonths, isOperator, periodInterval, periodOf, type Refusal, refuse } from '@arcadia/contracts';

/** Now as Postgres keeps it: cut to microseconds, since Postgres would round up to an instant that has not come yet. */
export const storedNow = (now: Temporal.Instant): Temporal.Instant =>
  now.round({ smallestUnit: 'microsecond', roundingMode: 'floor' });

/** The instant at which a change takes effect: the one an operator gives, else now or the beginning of the next month. */
export const effectiveAt = (
  input: { effective_at?: string | undefined; when?: 'now' | 'period_end' | undefined },
  given: { actor: Actor; now: Temporal.Instant },
): Temporal.Instant | Refusal<'forbidden'> => {
  if (input.effective_at !== undefined) {
    if (!isOperator(given.actor)) return refuse('forbidden', 'Only an operator may give `effective_at`.');
    return Temporal.Instant.from(input.effective_at);
  }
  return input.when === 'period_end' ? periodInterval(addMonths(periodOf(given.now), 1)).start : storedNow(given.now);
};
