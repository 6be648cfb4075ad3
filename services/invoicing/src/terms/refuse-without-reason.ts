import { addMonths, periodOf, type Refusal, refuse } from '@arcadia/contracts';

/** The refusal of what an operator does that may lower a month which no tenant can lower, without a reason. */
export const withoutReason = (): Refusal<'reason-missing'> =>
  refuse(
    'reason-missing',
    'It may lower what the running month, or a month before it, costs: give a `reason`, or let it begin with the next month.',
  );

/** The refusal of a term that lowers what is charged from a month or a day on, unless it has a reason or begins with the next month. */
export const refuseTermWithoutReason = (
  { from, reason }: { from: string; reason: string | undefined },
  now: Temporal.Instant,
): Refusal<'reason-missing'> | null =>
  reason === undefined && from.slice(0, 7) < addMonths(periodOf(now), 1) ? withoutReason() : null;
