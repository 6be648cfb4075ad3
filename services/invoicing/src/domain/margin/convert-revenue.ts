import { type Fraction, fraction, times } from '../rating/fraction.ts';
import { convertAt, type Rate, type Revenue } from './margin.ts';

type Pinned = Rate & { rate: string };

/**
 * Converts the revenue of tenants that are billed in other currencies, each month at its rates. Rates are pinned from the provider's
 * currency, so that two of them give the one between two others.
 * @returns the revenue in the currency, and what no rate converts
 */
export const convertRevenue = (
  revenue: readonly Revenue[],
  { to, rates }: { to: string; rates: readonly Pinned[] },
): { converted: Revenue[]; unconverted: Revenue[] } => {
  const converted = revenue.filter(({ currency }) => currency === to);
  const unconverted: Revenue[] = [];
  const others = revenue.filter(({ currency }) => currency !== to);
  for (const rows of Map.groupBy(others, ({ period, currency }) => `${period} ${currency}`).values()) {
    const [{ period, currency } = { period: '', currency: to }] = rows;
    const rate = rateBetween(
      rates.filter((one) => one.period === period),
      { from: currency, to },
    );
    if (rate === null) {
      unconverted.push(...rows);
      continue;
    }
    const amounts = convertAt(
      rows.map(({ amount_cents }) => amount_cents),
      { from: currency, to, rate },
    );
    for (const [index, row] of rows.entries())
      converted.push({ ...row, currency: to, amount_cents: amounts[index] ?? 0 });
  }
  return { converted, unconverted };
};

/** The rate from one currency to another, through one that both have a rate from; null if there is none. */
const rateBetween = (rates: readonly Pinned[], { from, to }: { from: string; to: string }): Fraction | null => {
  for (const base of new Set(rates.map((rate) => rate.from))) {
    const [down, up] = [rateFrom(rates, base, from), rateFrom(rates, base, to)];
    if (down !== null && up !== null) return times(fraction(up), fraction(1, down));
  }
  return null;
};

const rateFrom = (rates: readonly Pinned[], base: string, currency: string): string | null =>
  base === currency ? '1' : (rates.find((rate) => rate.from === base && rate.to === currency)?.rate ?? null);
