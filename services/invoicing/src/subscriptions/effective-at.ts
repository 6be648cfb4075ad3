import { type Actor, addMonths, isOperator, periodInterval, periodOf, type Refusal, refuse } from '@arcadia/contracts';

/**
 * Now, as the database keeps it: it has microseconds and rounds to the nearest, so that what begins now could be found to begin a
 * moment later.
 */
export const keptNow = (now: Temporal.Instant): Temporal.Instant =>
  now.round({ smallestUnit: 'microsecond', roundingMode: 'floor' });

/**
 * When a change takes effect: the instant an operator names, else now or the beginning of the next month. Tenants change the
 * present and the future only.
 */
export const effectiveAt = (
  asked: { effective_at?: string | undefined; when?: 'now' | 'period_end' | undefined },
  given: { actor: Actor; now: Temporal.Instant },
): Temporal.Instant | Refusal<'forbidden'> => {
  if (asked.effective_at !== undefined) {
    if (!isOperator(given.actor)) return refuse('forbidden', 'Only an operator may say when a change takes effect.');
    return Temporal.Instant.from(asked.effective_at);
  }
  return asked.when === 'period_end' ? periodInterval(addMonths(periodOf(given.now), 1)).start : keptNow(given.now);
};
