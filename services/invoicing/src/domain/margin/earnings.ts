import { allocate } from '@arcadia/contracts';
import type { ListPrice, UsageSum } from '../rating/terms.ts';
import { listCostOf, qtyOf } from './without-payer.ts';

/** An invoice line for usage, or a correction of one, with what it was charged for: by resource, null for usage of none. */
export type EarnedLine = {
  kind: string;
  amount_cents: number;
  weights: readonly { resource_id: string | null; weight: string }[];
};

/** What a deployment's month brought by kind, less discounts and credits and without tax. */
export type KindRevenue = { kind: string; amount_cents: number };

/** What a resource used, costs by list prices and earned of one kind; null: the price is not known, or the month is not invoiced. */
export type Earned = {
  resource_id: string | null;
  kind: string;
  qty: string;
  list_cost_cents: number | null;
  earned_cents: number | null;
};

type Share = { resource_id: string | null; kind: string; cents: number };

const keyOf = ({ resource_id = null, kind }: { resource_id?: string | null | undefined; kind: string }): string =>
  `${resource_id ?? ''} ${kind}`;

/**
 * Divides what a deployment earned by usage among its resources, to the cent: each line by the usage that it bills, and what
 * discounts, credits and tax take off a kind by the shares that its resources have (decision 0104).
 * @returns the shares, and what belongs to no usage: the price of the plan, addons and the like
 */
export const earnedShares = (
  lines: readonly EarnedLine[],
  revenue: readonly KindRevenue[],
): { shares: Share[]; whole_cents: number } => {
  const shares: Share[] = [];
  let whole = 0;
  for (const [kind, own] of Map.groupBy(revenue, (each) => each.kind)) {
    const brought = own.reduce((all, { amount_cents }) => all + amount_cents, 0);
    const charged = chargedByResource(lines.filter((line) => line.kind === kind && line.weights.length > 0));
    if (charged.length === 0) whole += brought;
    else shares.push(...broughtDown(charged, brought).map((share) => ({ ...share, kind })));
  }
  return { shares, whole_cents: whole };
};

const chargedByResource = (lines: readonly EarnedLine[]): Omit<Share, 'kind'>[] => {
  const sums = new Map<string | null, number>();
  for (const { amount_cents, weights } of lines) {
    const parts = allocate(
      amount_cents,
      weights.map(({ weight }) => weight),
    );
    for (const [index, { resource_id }] of weights.entries())
      sums.set(resource_id, (sums.get(resource_id) ?? 0) + (parts[index] ?? 0));
  }
  return [...sums].map(([resource_id, cents]) => ({ resource_id, cents }));
};

/** The shares changed by as much as they differ from what they brought together. */
const broughtDown = (charged: readonly Omit<Share, 'kind'>[], brought: number): Omit<Share, 'kind'>[] => {
  const difference = brought - charged.reduce((all, { cents }) => all + cents, 0);
  const parts = allocate(
    difference,
    charged.map(({ cents }) => Math.max(cents, 0)),
  );
  return charged.map(({ resource_id, cents }, index) => ({ resource_id, cents: cents + (parts[index] ?? 0) }));
};

/**
 * Everything by resource and kind, ordered by both, usage of no resource first.
 * @param shares null: the month is not invoiced
 */
export const earningsOf = (
  usage: readonly UsageSum[],
  prices: readonly ListPrice[],
  shares: readonly Share[] | null,
): { rows: Earned[]; list_currency: string | null } => {
  const used = Map.groupBy(usage, keyOf);
  const earned = new Map((shares ?? []).map((share) => [keyOf(share), share]));
  let currency: string | null = null;
  const rows = [...new Set([...used.keys(), ...earned.keys()])].toSorted().map((key): Earned => {
    const own = used.get(key) ?? [];
    const [first] = own;
    const share = earned.get(key);
    const cost = own.length === 0 ? null : listCostOf(own, prices);
    currency ??= cost?.currency ?? null;
    return {
      resource_id: first?.resource_id ?? share?.resource_id ?? null,
      kind: first?.kind ?? share?.kind ?? '',
      qty: own.length === 0 ? '0' : qtyOf(own),
      list_cost_cents: own.length === 0 ? 0 : cost !== null && cost.currency === currency ? cost.cents : null,
      earned_cents: shares === null ? null : (share?.cents ?? 0),
    };
  });
  return { rows, list_currency: currency };
};
