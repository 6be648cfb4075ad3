import { daysOf, type Period, periodInterval } from '@arcadia/contracts';

export type ClosingFacts = {
  period: Period;
  completedDays: ReadonlySet<string>;
  /** Days of the period that are to be metered again. */
  pendingDays: readonly string[];
  /** Every enabled kind that comes from a kind of resource which was ever seen or swept. */
  kinds: readonly { kind: string; resourceKind: string; sweptAt: Temporal.Instant | null; sweepSeq: number }[];
  /** Messages on `dead.metering.inventory` that tell of the period's time. */
  parked: number;
  /** The sequence of the inventory's stream up to which everything is handled: a sweep vouches for what was said before it. */
  handledThrough: number;
};

/** What keeps a period from being closed, each as a sentence for the operator; nothing when it can be closed. */
export const whatIsMissing = (facts: ClosingFacts): string[] => {
  const { end } = periodInterval(facts.period);
  const unmetered = daysOf(facts.period).filter((day) => !facts.completedDays.has(day));
  const unswept = facts.kinds.filter(({ sweptAt }) => sweptAt === null || Temporal.Instant.compare(sweptAt, end) < 0);
  const waiting = facts.kinds.some(({ sweepSeq }) => sweepSeq > facts.handledThrough);
  return [
    ...unmetered.map((day) => `day ${day} is not metered`),
    ...facts.pendingDays.map((day) => `day ${day} is touched by something late and not metered again yet`),
    ...unswept.map(({ kind, resourceKind, sweptAt }) =>
      sweptAt === null
        ? `${resourceKind} was never swept completely, so ${kind} is not known`
        : `${resourceKind} was last swept completely at ${sweptAt.toString()}, before the period's end, so ${kind} is not known`,
    ),
    ...(waiting ? ['messages that the inventory said before its sweeps are not handled yet'] : []),
    ...(facts.parked > 0 ? [`${facts.parked} messages of the period are parked on dead.metering.inventory`] : []),
  ];
};

/** The days a closing still wants metered. */
export const unmeteredDays = (period: Period, completed: ReadonlySet<string>): string[] =>
  daysOf(period).filter((day) => !completed.has(day));
