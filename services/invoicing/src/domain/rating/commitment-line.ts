import { formatMoney } from '@arcadia/contracts';
import { periodDays } from './calendar.ts';
import { fraction, sum, times, toWhole } from './fraction.ts';
import { sumOf } from './own-charges.ts';
import type { RatedLine } from './rated-line.ts';
import type { Commitment } from './terms.ts';

const daysIn = (period: string, { from, until }: Commitment): number =>
  periodDays(period).names.filter((day) => from <= day && (until === null || day < until)).length;

/** The commitments that hold on at least one day of a month. */
export const commitmentsIn = (period: string, all: readonly Commitment[]): Commitment[] =>
  all.filter((one) => daysIn(period, one) > 0);

/**
 * The line for what the charges of a month lack to the minimum commitment; none if they reach it. A commitment counts by its days
 * of the month; the sum is rounded once, half up.
 * @param charged the charges of the month and its discounts
 */
export const commitmentLine = (
  charged: readonly RatedLine[],
  { period, commitments, currency }: { period: string; commitments: readonly Commitment[]; currency: string },
): RatedLine[] => {
  const total = periodDays(period).names.length;
  const parts = commitments
    .map((one) => ({ ...one, days: daysIn(period, one) }))
    .toSorted((a, b) => (`${a.from} ${a.commitment_id}` < `${b.from} ${b.commitment_id}` ? -1 : 1));
  const exact = sum(parts.map(({ amount_cents, days }) => times(fraction(amount_cents), fraction(days, total))));
  const required = toWhole(exact, 'half_up', 'The minimum commitment');
  const reached = sumOf(charged);
  const lacking = required - reached;
  if (lacking <= 0) return [];
  const money = (cents: number): string => formatMoney(cents, currency);
  const isWhole = parts.length === 1 && parts[0]?.days === total;
  const shares = parts.map(({ amount_cents, days }) => `${money(amount_cents)} for ${days} of ${total} days`);
  const rule = isWhole ? money(required) : `${shares.join(' and ')}, ${money(required)}`;
  return [
    {
      amount_cents: lacking,
      deployment_id: null,
      description: `Minimum commitment: ${money(required)}, less ${money(reached)} charged`,
      key: 'commitment',
      kind: 'commitment',
      meta: {
        charged_cents: reached,
        commitments: parts.map(({ commitment_id, amount_cents, days }) => ({ amount_cents, commitment_id, days })),
        days_of_month: total,
        explanation: `A minimum of ${rule} is agreed; the charges of the month less discounts come to ${money(reached)}, so ${money(lacking)} are added`,
        required_cents: required,
      },
      qty: '1',
      resource_kind: null,
      unit: 'month',
      unit_price_cents: String(lacking),
    },
  ];
};
