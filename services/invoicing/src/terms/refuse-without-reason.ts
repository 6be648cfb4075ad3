import { addMonths, periodOf, type Refusal, refuse } from '@arcadia/contracts';

/** The refusal of what an operator does that may lower a month which no tenant can lower, without a reason. */
export const withoutReason = (): Refusal<'reason-missing'> =>
  refuse(
    'reason-missing',
    'This change may lower the cost of the running month or an earlier one: give a `reason`, or have it take effect next month (`"when": "period_end"` where the command has it).',
  );

/** The refusal of a term that lowers what is charged from a month or a day on, unless it has a reason or begins with the next month. */
export const refuseTermWithoutReason = (
  { from, reason }: { from: string; reason: string | undefined },
  now: Temporal.Instant,
): Refusal<'reason-missing'> | null =>
  reason === undefined && from.slice(0, 7) < addMonths(periodOf(now), 1) ? withoutReason() : null;
