import { canonicalDecimal, Decimal, type Interval } from '@arcadia/contracts';

/** A cap of a plan on one billing kind, and everything of the month that counts towards it. Times in UTC. */
export type Capped = {
  plan: string;
  kind: string;
  unit: string;
  /** Highest quantity of a month, in `unit`; an exact decimal. */
  cap: string;
  /** The calendar month. */
  month: Interval;
  now: Temporal.Instant;
  /** Seconds by which unit-seconds are divided to get `unit`. */
  divisor: number;
  /** Metered usage of the month: sums of unit-seconds, each with its own divisor, and until when they reach; null: none yet. */
  metered: readonly { unitSeconds: string; divisor: string }[];
  meteredUntil: Temporal.Instant | null;
  /** Units that run now, and since when. */
  running: readonly { units: string; since: Temporal.Instant }[];
  /** Units of resources that other sagas are creating. */
  beingCreated: string;
  /** Units of the new resource. */
  added: string;
};

/** Quantities in the unit of the cap, exact decimals. */
export type ExpectedUse = { used: string; running: string; added: string; total: string };

/**
 * The quantity that a month will have by its end if everything that runs goes on: metered usage, what runs now from the end of the
 * metered usage on, what is being created, and the new resource, both from now on.
 */
export function expectedUse(given: Capped): ExpectedUse {
  const { month, now, divisor } = given;
  const used = given.metered.reduce(
    (sum, one) => sum.plus(new Decimal(one.unitSeconds).div(one.divisor)),
    new Decimal(0),
  );
  const unmetered = given.meteredUntil ?? month.start;
  const until = (start: Temporal.Instant) => secondsBetween(later(start, month.start), month.end);
  const runningSeconds = given.running.reduce(
    (sum, { units, since }) => sum.plus(until(later(since, unmetered)).times(units)),
    until(now).times(given.beingCreated),
  );
  const running = runningSeconds.div(divisor);
  const added = until(now).times(given.added).div(divisor);
  const total = used.plus(running).plus(added);
  return {
    used: canonicalDecimal(used),
    running: canonicalDecimal(running),
    added: canonicalDecimal(added),
    total: canonicalDecimal(total),
  };
}

/** What a request that would exceed a cap is refused with. */
export type ExceededCap = {
  detail: string;
  facts: {
    kind: string;
    plan_code: string;
    cap: string;
    expected: string;
    used: string;
    running: string;
    added: string;
  };
};

/** The reason against one more resource: its plan's cap is lower than the expected use; null: it fits. */
export function exceededCap(given: Capped): ExceededCap | null {
  const expected = expectedUse(given);
  if (new Decimal(expected.total).lessThanOrEqualTo(given.cap)) return null;
  const { plan, kind, unit, cap, month } = given;
  const [of, end] = [month.start, month.end].map((at) => at.toString().slice(0, 10));
  const detail =
    `The plan ${plan} caps ${kind} at ${shown(cap)} (${unit}) a month. In the month from ${of} to ${end}, ` +
    `${shown(expected.used)} are metered, the present resources add ${shown(expected.running)}, and the new one would add ` +
    `${shown(expected.added)}: ${shown(expected.total)} in all. Switch off or delete a resource, wait until ${end}, ` +
    `or change to a plan with a higher cap.`;
  const { used, running, added, total } = expected;
  return { detail, facts: { kind, plan_code: plan, cap, expected: total, used, running, added } };
}

/** A quantity for people: at most two decimals. */
const shown = (quantity: string): string => canonicalDecimal(new Decimal(quantity).toDecimalPlaces(2).toFixed());

const later = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant =>
  Temporal.Instant.compare(a, b) < 0 ? b : a;

/** Exact seconds; 0 when the end comes first. */
function secondsBetween(start: Temporal.Instant, end: Temporal.Instant): Decimal {
  const nanoseconds = end.epochNanoseconds - start.epochNanoseconds;
  return nanoseconds <= 0n ? new Decimal(0) : new Decimal(nanoseconds.toString()).div(1_000_000_000);
}
