import { addMonths, dayOf, type Period, periodOf } from '@arcadia/contracts';
import { endedBefore } from '../domain/rating/ended-at.ts';
import { AmountOutOfRange } from '../domain/rating/fraction.ts';
import { type RatingInput, ratingSteps } from '../domain/rating/rate.ts';
import { nextDayStart } from '../domain/subscriptions/change-moments.ts';
import type { Db } from '../store/schema.ts';
import { inSlices } from './in-slices.ts';
import { ratingInput } from './rate-tenant.ts';

/** What a calendar month costs for one deployment, or for a tenant, with the usage so far, in minor units before tax. */
export type MonthAmounts = {
  /** With the terms as known now, for the whole month. */
  whole: number;
  /** The same as if every subscription ended tonight: a deployment that ends at once must not make a change worth while. */
  untilTonight: number;
  /** The same of the whole tenant, where a discount is of an amount that its deployments share. */
  ofTenant?: MonthAmounts;
};

/** Rates the calendar month of an instant for one deployment, or for all of a tenant. A month too large to be rated counts as the largest amount. */
export const monthAmounts = async (
  db: Db,
  of: { tenantId: string; deploymentId?: string; period?: Period; now: Temporal.Instant },
): Promise<MonthAmounts> => {
  const { tenantId, deploymentId, now, period = periodOf(now) } = of;
  const month = {
    tenantId,
    deploymentId,
    period,
    asOf: { closeRevision: 'now' as const },
    isEstimate: true,
  };
  const { input } = await ratingInput(db, month);
  const tonight = endedBefore(input, dayOf(nextDayStart(now)));
  const amounts = { whole: await amountOf(input), untilTonight: await amountOf(tonight) };
  return deploymentId !== undefined && hasSharedDiscount(input)
    ? { ...amounts, ofTenant: await monthAmounts(db, { tenantId, period, now }) }
    : amounts;
};

/** Rates each month from that of an instant to the running one, oldest first; none if the instant is in a later month. */
export const amountsFrom = async (
  db: Db,
  of: { tenantId: string; deploymentId: string; from: Temporal.Instant; now: Temporal.Instant },
): Promise<MonthAmounts[]> => {
  const months: MonthAmounts[] = [];
  for (let period = periodOf(of.from); period <= periodOf(of.now); period = addMonths(period, 1))
    months.push(await monthAmounts(db, { ...of, period }));
  return months;
};

/** Whether an amount of one of the months is lower than it was. */
export const isAnyLower = (after: readonly MonthAmounts[], before: readonly MonthAmounts[]): boolean =>
  after.some((amounts, index) => {
    const former = before[index];
    return former !== undefined && isLower(amounts, former);
  });

/**
 * A percentage takes as much from each deployment as from all of them together. An amount on a plan or a kind is taken once from all, so
 * that a deployment by itself shows it too large.
 */
const hasSharedDiscount = ({ discounts = [] }: RatingInput): boolean =>
  discounts.some(({ amount_cents, on }) => amount_cents !== undefined && on !== 'invoice');

/** Whether one of the amounts is lower than it was. */
export const isLower = (after: MonthAmounts, before: MonthAmounts): boolean =>
  after.whole < before.whole ||
  after.untilTonight < before.untilTonight ||
  (after.ofTenant !== undefined && before.ofTenant !== undefined && isLower(after.ofTenant, before.ofTenant));

const amountOf = async (input: RatingInput): Promise<number> => {
  try {
    return (await inSlices(ratingSteps(input))).subtotal_cents;
  } catch (error) {
    if (error instanceof AmountOutOfRange) return Number.MAX_SAFE_INTEGER;
    throw error;
  }
};
