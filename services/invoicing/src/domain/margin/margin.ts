import { addMonths, billingKindOf, chargedAs, currencyExponent } from '@arcadia/contracts';
import { compare, type Fraction, fraction, isZero, minus, sum, times, toText, toWhole } from '../rating/fraction.ts';

/** An amount charged to a tenant, without tax, with everything that margins are grouped by. */
export type Revenue = {
  period: string;
  tenant_id: string;
  deployment_id: string | null;
  kind: string;
  plan_code: string | null;
  currency: string;
  amount_cents: number;
};

/** Who bears a cost; `without_payer`: it is of a customer's deployment, but on days without a subscription. */
export type CostTarget = 'customer' | 'without_payer' | 'operator' | 'unallocated' | 'provider_tax' | 'bill_difference';

/** An amount charged by the provider, in its own currency. */
export type Cost = {
  period: string;
  target: CostTarget;
  tenant_id: string | null;
  deployment_id: string | null;
  kind: string;
  plan_code: string | null;
  amount_cents: number;
  /** False: it is converted with the others, so that the cents of each are the same in every view, but is in no row. */
  is_counted: boolean;
};

/** The rate at which a period's costs are converted; null until an operator has pinned one. */
export type Rate = { period: string; from: string; to: string; rate: string | null };

export type Grouping = 'tenant' | 'deployment' | 'kind' | 'plan' | 'period' | 'deployment_and_kind';

export type MarginRow = {
  period: string;
  tenant_id: string | null;
  deployment_id: string | null;
  kind: string | null;
  plan_code: string | null;
  target: CostTarget;
  revenue_cents: number;
  cost_cents: number | null;
  margin_cents: number | null;
  cost_provider_cents: number | null;
  margin_percent: string | null;
};

/** The revenue kind of a cost kind: costs name the resource (droplet), revenue the usage (droplet_hours), which is used for both. */
export const revenueKindOf = (costKind: string): string => billingKindOf(costKind) ?? costKind;

/**
 * Converts amounts to whole minor units of another currency, so that they add up to their converted sum: each is rounded down, and
 * the units left over go, one each, to the largest remainders.
 */
export const convertAll = (amounts: readonly number[], at: Rate): number[] | null =>
  at.rate === null ? null : convertAt(amounts, { ...at, rate: fraction(at.rate) });

/** The same at a rate that need not be a decimal, such as the quotient of two. */
export const convertAt = (amounts: readonly number[], at: { from: string; to: string; rate: Fraction }): number[] => {
  const places = currencyExponent(at.to) - currencyExponent(at.from);
  const scale = places >= 0 ? fraction(`1${'0'.repeat(places)}`) : fraction(1, `1${'0'.repeat(-places)}`);
  const rate = times(at.rate, scale);
  const exact = amounts.map((amount) => times(fraction(amount), rate));
  const floors = exact.map(floorOf);
  let left = toWhole(sum(exact), 'half_up') - floors.reduce((a, b) => a + b, 0);
  const rests = exact.map((value, index) => ({ index, rest: minus(value, fraction(floors[index] ?? 0)) }));
  for (const { index } of rests.toSorted((a, b) => compare(b.rest, a.rest) || a.index - b.index)) {
    if (left <= 0) break;
    floors[index] = (floors[index] ?? 0) + 1;
    left -= 1;
  }
  return floors;
};

/**
 * The months of a range that have begun and whose provider invoice has not arrived. In a longer range, months before the first
 * known one are not missing; the last month of the range always counts.
 */
export const missingBillsOf = (
  range: { from: string; to: string },
  known: { first: string | null; now: string; billed: ReadonlySet<string> },
): string[] => {
  const first = known.first === null || known.first > range.to ? range.to : known.first;
  const last = range.to < known.now ? range.to : known.now;
  const missing: string[] = [];
  for (let month = range.from > first ? range.from : first; month <= last; month = addMonths(month, 1)) {
    if (!known.billed.has(month)) missing.push(month);
  }
  return missing;
};

const floorOf = (value: Fraction): number => {
  const cut = toWhole(value, 'down');
  return value.num.isNegative() && !isZero(minus(value, fraction(cut))) ? cut - 1 : cut;
};

type Keyed = {
  period: string;
  tenant_id: string | null;
  deployment_id: string | null;
  kind: string;
  plan_code: string | null;
  target: CostTarget;
};

/**
 * The fields that distinguish the rows of a grouping; the others are null. Costs that no customer pays keep rows of their own, those
 * without a payer with the customer whose deployment it is.
 */
const keyOf = (
  grouping: Grouping,
  row: Keyed,
): Omit<MarginRow, 'revenue_cents' | 'cost_cents' | 'margin_cents' | 'cost_provider_cents' | 'margin_percent'> => {
  const isCustomers = row.target === 'customer';
  const isOfTenant = isCustomers || row.target === 'without_payer';
  const isByDeployment = grouping === 'deployment' || grouping === 'deployment_and_kind';
  return {
    period: row.period,
    target: row.target,
    tenant_id: isOfTenant && (grouping === 'tenant' || isByDeployment) ? row.tenant_id : null,
    deployment_id: isOfTenant && isByDeployment ? row.deployment_id : null,
    kind: grouping === 'kind' || grouping === 'deployment_and_kind' ? row.kind : null,
    plan_code: isCustomers && grouping === 'plan' ? row.plan_code : null,
  };
};

export type Margin = {
  rows: MarginRow[];
  totals: Pick<MarginRow, 'revenue_cents' | 'cost_cents' | 'margin_cents' | 'cost_provider_cents'>;
};

/**
 * Revenue less cost by group and period, losses first. The costs of a period without a rate are given in the provider's currency
 * alone. The costs of a period without its bill are unknown, and so is a total that includes them.
 */
export const marginOf = (
  grouping: Grouping,
  given: {
    revenue: readonly Revenue[];
    costs: readonly Cost[];
    rates: readonly Rate[];
    missingBills: readonly string[];
    /** In currencies that no rate converts: it is in no row, and the margin of its row is unknown. */
    unconverted?: readonly Revenue[];
  },
): Margin => {
  const missing = new Set(given.missingBills);
  const groups = new Map<string, MarginRow>();
  const group = (row: Keyed): MarginRow => {
    const key = keyOf(grouping, row);
    const name = JSON.stringify(key);
    const cost = missing.has(key.period) ? null : 0;
    const found = groups.get(name) ?? {
      ...key,
      revenue_cents: 0,
      cost_cents: cost,
      margin_cents: cost,
      cost_provider_cents: cost,
      margin_percent: null,
    };
    groups.set(name, found);
    return found;
  };
  for (const row of given.revenue)
    group({ ...row, kind: chargedAs(row.kind), target: 'customer' }).revenue_cents += row.amount_cents;
  const unknown = new Set(
    (given.unconverted ?? []).map((row) => group({ ...row, kind: chargedAs(row.kind), target: 'customer' })),
  );
  for (const [period, costs] of Map.groupBy(given.costs, (cost) => cost.period)) {
    const rate = given.rates.find((one) => one.period === period);
    const converted =
      rate === undefined
        ? null
        : convertAll(
            costs.map(({ amount_cents }) => amount_cents),
            rate,
          );
    for (const [index, cost] of costs.entries()) {
      if (!cost.is_counted) continue;
      const found = group(cost);
      found.cost_provider_cents = plus(found.cost_provider_cents, cost.amount_cents);
      found.cost_cents = plus(found.cost_cents, converted?.[index] ?? null);
    }
  }
  const rows = [...groups.values()].map((row) => withMargin(row, unknown.has(row))).toSorted(lossesFirst);
  return { rows, totals: totalsOf(rows, missing.size > 0) };
};

/** The sum of two amounts; unknown (null) if one of them is. */
const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

const withMargin = (row: MarginRow, isUnknown: boolean): MarginRow => {
  const margin = row.cost_cents === null || isUnknown ? null : row.revenue_cents - row.cost_cents;
  const percent =
    margin === null || row.revenue_cents <= 0 ? null : toText(fraction(margin * 100, row.revenue_cents), 2);
  return { ...row, margin_cents: margin, margin_percent: percent };
};

const lossesFirst = (a: MarginRow, b: MarginRow): number =>
  (a.margin_cents ?? 0) - (b.margin_cents ?? 0) || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

const totalsOf = (rows: readonly MarginRow[], isBillMissing: boolean): Margin['totals'] => {
  const cost = isBillMissing ? null : 0;
  return {
    revenue_cents: rows.reduce((all, { revenue_cents }) => all + revenue_cents, 0),
    cost_cents: rows.reduce((all, { cost_cents }) => plus(all, cost_cents), cost as number | null),
    margin_cents: rows.reduce((all, { margin_cents }) => plus(all, margin_cents), cost as number | null),
    cost_provider_cents: rows.reduce((all, row) => plus(all, row.cost_provider_cents), cost as number | null),
  };
};
