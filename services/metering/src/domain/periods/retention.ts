import { type Period, periodInterval } from '@arcadia/contracts';

export type RetentionFacts = {
  period: Period;
  status: 'open' | 'closing' | 'closed';
  /** The longest retention among the kinds with facts in it, in days. */
  retentionDays: number;
  lateWindowDays: number;
  uninvoicedTenants: readonly string[];
};

/** The end of a closed period's late window: usage is accepted until then. */
export const lateUntil = (period: Period, lateWindowDays: number): Temporal.Instant =>
  periodInterval(period).end.add({ hours: 24 * lateWindowDays });

/** The reason why a period's facts must be kept; null when they can be dropped and no report of it can arrive any more. */
export const retentionReason = (facts: RetentionFacts, now: Temporal.Instant): string | null => {
  const days = Math.max(facts.retentionDays, facts.lateWindowDays);
  const until = periodInterval(facts.period).end.add({ hours: 24 * days });
  if (Temporal.Instant.compare(now, until) < 0) return `kept until ${until.toString()}`;
  if (facts.status !== 'closed') return 'not closed';
  const [tenant] = facts.uninvoicedTenants;
  return tenant === undefined ? null : `not invoiced to ${tenant}`;
};
