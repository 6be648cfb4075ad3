import type { Period } from '@arcadia/contracts';
import { fraction, reduced, sum, times, toText, toWhole } from '../rating/fraction.ts';
import { minorPerUnit, providerCosts } from '../rating/provider-cost.ts';
import type { ListPrice, UsageSum } from '../rating/terms.ts';
import type { Cost } from './margin.ts';

type Share = { period: Period; deployment_id: string; kind: string; unpaid: string; whole: string };

const keyOf = (of: { period: string; deployment_id: string | null; kind: string }): string =>
  `${of.period} ${of.deployment_id} ${of.kind}`;

/**
 * Takes out of the costs of customers what no subscription pays for: of each kind of a deployment's month the part of its usage on days
 * without a subscription; of a cost without usage all, where the month has no such day at all. The parts add up to the whole.
 */
export const withoutPayer = (
  costs: readonly (Cost & { is_unsubscribed: boolean })[],
  shares: readonly Share[],
): Cost[] => {
  const known = new Map(shares.map((share) => [keyOf(share), share]));
  return costs.flatMap(({ is_unsubscribed, ...cost }) => {
    if (cost.target !== 'customer' || cost.deployment_id === null) return [cost];
    const share = known.get(keyOf(cost));
    const unpaid =
      share === undefined
        ? is_unsubscribed
          ? cost.amount_cents
          : 0
        : toWhole(times(fraction(cost.amount_cents), fraction(share.unpaid, share.whole)), 'half_up');
    const paid = { ...cost, amount_cents: cost.amount_cents - unpaid };
    if (unpaid === 0) return [paid];
    const open = { ...cost, target: 'without_payer' as const, amount_cents: unpaid };
    return paid.amount_cents === 0 ? [open] : [paid, open];
  });
};

/** What usage of one kind costs by the provider's list prices, in minor units of their currency; null where a price is not known. */
export const listCostOf = (
  rows: readonly UsageSum[],
  prices: readonly ListPrice[],
): { currency: string; cents: number } | null => {
  const costs = [...providerCosts(rows, prices).values()];
  const currency = costs[0]?.price.currency;
  if (currency === undefined || costs.length < rows.length) return null;
  if (costs.some(({ price }) => price.currency !== currency)) return null;
  const amount = sum(costs.map((cost) => cost.amount));
  return { currency, cents: toWhole(times(amount, fraction(minorPerUnit(currency))), 'half_up') };
};

/** The quantity of usage of one kind in its unit. */
export const qtyOf = (rows: readonly UsageSum[]): string =>
  toText(reduced(sum(rows.map(({ unit_seconds, divisor }) => fraction(unit_seconds, divisor)))));
