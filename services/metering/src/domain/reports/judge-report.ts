import { type metering, nearText, type Period, type UsageKind } from '@arcadia/contracts';
import type { z } from 'zod';
import { lateUntil } from '../periods/retention.ts';

export type Report = z.infer<typeof metering.usageReport>;
export type ReportRefusal = { reason: z.infer<typeof metering.reportRefusal>; detail: string };

export type JudgeContext = {
  now: Temporal.Instant;
  /** The enabled billing kinds, each with its divisor. */
  kinds: ReadonlyMap<string, { per: UsageKind['per'] }>;
  /** The tenant of each deployment that the reporter may see. */
  tenants: ReadonlyMap<string, string>;
  /** The closed periods among those of the reports. */
  closed: ReadonlySet<Period>;
  lateWindowDays: number;
};

/** A reporter's clock may be this far ahead of ours. */
const toleratedSkew = { seconds: 30 };

/**
 * Quantities below 10^15 with at most 12 decimals. Times the seconds of a month that is 22 digits, so that the sum of as many
 * reports as a table can number (19 digits) stays within the 60 digits of the contract's sums.
 */
const countableQuantity = /^0*\d{1,15}(\.\d{0,12}0*)?$/;

/** The refusal of a report that cannot be accepted by itself; null when it can. */
export const judgeReport = (report: Report, context: JudgeContext): ReportRefusal | null => {
  const kind = context.kinds.get(report.kind);
  if (kind === undefined)
    return {
      reason: 'unknown-kind',
      detail: `${report.kind} is not a kind that is metered${nearText(report.kind, [...context.kinds.keys()])}`,
    };
  if (!context.tenants.has(report.deployment_id)) {
    return { reason: 'unknown-deployment', detail: `there is no deployment ${report.deployment_id}` };
  }
  if (report.quantity.startsWith('-')) {
    return { reason: 'invalid-report', detail: `a quantity of ${report.quantity} is below zero` };
  }
  if (!countableQuantity.test(report.quantity)) {
    return {
      reason: 'invalid-report',
      detail: `a quantity of ${report.quantity} has more than 15 digits before the point or 12 after it; report it in parts, or rounded`,
    };
  }
  if (report.form === 'reading' && report.subject === null) {
    return {
      reason: 'invalid-report',
      detail: 'a reading needs a subject: the name of the thing whose size it states',
    };
  }
  if (report.form === 'reading' && kind.per === null) {
    return {
      reason: 'invalid-report',
      detail: `${report.kind} has no time in it, so it is reported as usage, not as a reading`,
    };
  }
  return judgeTime(report, context);
};

const judgeTime = (report: Report, { now, closed, lateWindowDays }: JudgeContext): ReportRefusal | null => {
  if (Temporal.Instant.compare(report.time, now.add(toleratedSkew)) > 0) {
    return { reason: 'time-in-future', detail: `${report.time} is in the future; it is ${now.toString()}` };
  }
  const period = periodOfReport(report);
  if (!closed.has(period)) return null;
  const until = lateUntil(period, lateWindowDays);
  if (Temporal.Instant.compare(now, until) < 0) return null;
  return {
    reason: 'period-closed',
    detail: `period ${period} is closed, and usage of it was accepted until ${until.toString()}`,
  };
};

/** The period of a report. Times on the wire are in UTC, so their first seven characters are the month. */
export const periodOfReport = (report: Pick<Report, 'time'>): Period => report.time.slice(0, 7);
