import { daysOf, type Period, periodInterval } from '@arcadia/contracts';

/** What the service knows of the inventory's messages. */
export type InventoryState = {
  /** The inventory stream's sequence up to which every message is handled: a sweep covers the messages published before it. */
  handledThrough: number;
  /** Messages on `dead.metering.inventory` that no operator has requeued or dismissed, whatever they are about. */
  openLetters: number;
  /** The inventory stream's sequence up to which requeued messages may be: until it is handled, what was parked may be on its way. */
  requeuedThrough: number;
};

export type ClosingFacts = InventoryState & {
  period: Period;
  completedDays: ReadonlySet<string>;
  /** Days whose metering failed for the last time, with the error. */
  failedDays: ReadonlyMap<string, string>;
  /** Days of the period that must be metered again. */
  pendingDays: readonly string[];
  /** Every enabled kind whose resource kind was ever observed or swept. */
  kinds: readonly { kind: string; resourceKind: string; sweptAt: Temporal.Instant | null; sweepSeq: number }[];
  /** Messages that were parked on `dead.metering.inventory`, take effect before the period's end and were not stored since. */
  parked: number;
};

/** Reasons that keep a period from being closed, each a sentence for the operator; empty when it can be closed. */
export const missingForClose = (facts: ClosingFacts): string[] => {
  const { end } = periodInterval(facts.period);
  const unmetered = daysOf(facts.period).filter((day) => !facts.completedDays.has(day));
  const unswept = facts.kinds.filter(({ sweptAt }) => sweptAt === null || Temporal.Instant.compare(sweptAt, end) < 0);
  const waiting = facts.kinds.some(({ sweepSeq }) => sweepSeq > facts.handledThrough);
  // What an operator has dismissed keeps no period open, what is requeued does until it is handled.
  const parked = Math.min(facts.parked, facts.openLetters);
  const requeued = facts.parked > parked && facts.requeuedThrough > facts.handledThrough;
  return [
    ...unmetered.map((day) => `day ${day} is not metered${becauseOf(facts.failedDays.get(day))}`),
    ...facts.pendingDays.map((day) => `day ${day} is touched by something late and not metered again yet`),
    ...unswept.map(({ kind, resourceKind, sweptAt }) =>
      sweptAt === null
        ? `${resourceKind} was never swept completely, so ${kind} is not known`
        : `${resourceKind} was last swept completely at ${sweptAt.toString()}, before the period's end, so ${kind} is not known`,
    ),
    ...(waiting ? ['messages that the inventory published before its sweeps are not handled yet'] : []),
    ...(parked > 0 ? [`${parked} messages of the period are parked on dead.metering.inventory`] : []),
    ...(requeued ? ['messages that were requeued from dead.metering.inventory may not be handled yet'] : []),
  ];
};

/** The reason of a period whose scheduled close failed; closing it by hand is still possible. */
export const failedClose = (error: string): string =>
  `the job close-period failed for the last time (${error}); correct the cause and requeue its dead letter, or close the period by hand`;

const becauseOf = (error: string | undefined): string =>
  error === undefined
    ? ''
    : `, because the job meter-day failed for the last time (${error}); correct the cause and requeue its dead letter`;

/** The days of a period that are not metered to their end. */
export const unmeteredDays = (period: Period, completed: ReadonlySet<string>): string[] =>
  daysOf(period).filter((day) => !completed.has(day));
