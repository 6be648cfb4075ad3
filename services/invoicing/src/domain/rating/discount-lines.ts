import { formatMoney, type Json, type Period } from '@arcadia/contracts';
import { fraction, times, toWhole } from './fraction.ts';
import { isCharge, sumOf } from './own-charges.ts';
import type { RatedLine } from './rated-line.ts';
import type { Discount } from './terms.ts';

/** The discounts that hold in a month. */
export const discountsIn = (period: Period, all: readonly Discount[]): Discount[] =>
  all.filter(
    ({ first_period, last_period }) => first_period <= period && (last_period === null || period <= last_period),
  );

const poolOf = ({ on, plan_code, kind }: Discount): string => `${on} ${plan_code ?? kind}`;

/** The charges that a discount on a plan or a kind is taken from. */
const chargesOf = ({ on, plan_code, kind }: Discount, lines: readonly RatedLine[]): RatedLine[] =>
  on === 'plan'
    ? lines.filter((line) => line.kind === 'plan_base' && line.meta.plan === plan_code)
    : lines.filter((line) => line.kind === 'overage' && line.resource_kind === kind);

/**
 * The order in which discounts are taken: those on a plan or a kind before those on the invoice; percentages before amounts; then
 * the one that began first, then the one that was granted first. Each is taken from what the ones before left.
 */
const inOrder = (a: Discount, b: Discount): number =>
  Number(a.on === 'invoice') - Number(b.on === 'invoice') ||
  Number(a.percent === undefined) - Number(b.percent === undefined) ||
  Number(a.first_period > b.first_period) - Number(a.first_period < b.first_period) ||
  a.number - b.number;

/**
 * A line for each discount, rounded once, half up, and never more than what is left of the charges it is on.
 * @param lines the charges of the month
 */
export const discountLines = (
  lines: readonly RatedLine[],
  { discounts, currency }: { discounts: readonly Discount[]; currency: string },
): RatedLine[] => {
  const pools = new Map<string, number>();
  const taken: RatedLine[] = [];
  // What all charges have left: one of them may be negative, where the provider's bill is passed through.
  let left = sumOf(lines.filter(isCharge));
  for (const discount of discounts.toSorted(inOrder)) {
    const name = poolOf(discount);
    const base = discount.on === 'invoice' ? left : (pools.get(name) ?? sumOf(chargesOf(discount, lines)));
    const off = Math.min(base, left, offOf(discount, base));
    if (off > 0) {
      taken.push(discountLine(discount, { base, off, currency }));
      left -= off;
    }
    pools.set(name, base - Math.max(0, off));
  }
  return taken;
};

const offOf = ({ percent, amount_cents = 0, name }: Discount, base: number): number =>
  percent === undefined ? amount_cents : toWhole(times(fraction(base), fraction(percent, 100)), 'half_up', name);

const onWhat = ({ on, plan_code, kind }: Discount): string =>
  on === 'plan'
    ? `the base price of ${plan_code}`
    : on === 'kind'
      ? `the usage of ${kind}`
      : 'the charges of the month';

const discountLine = (
  discount: Discount,
  { base, off, currency }: { base: number; off: number; currency: string },
): RatedLine => {
  const { discount_id, code, name, on, plan_code, kind, percent, amount_cents } = discount;
  const money = (cents: number): string => formatMoney(cents, currency);
  const rule = percent === undefined ? money(amount_cents ?? 0) : `${percent} %`;
  const from = `${money(base)} (${onWhat(discount)}, less earlier discounts)`;
  const explanation =
    percent === undefined
      ? `${rule} off ${from}${off < (amount_cents ?? 0) ? `, which is no more than ${money(off)}` : ''}`
      : `${rule} of ${from} is ${money(off)}`;
  const meta: Record<string, Json> = {
    ...(amount_cents === undefined ? {} : { amount_cents }),
    base_cents: base,
    ...(code === null ? {} : { code }),
    discount_id,
    explanation,
    on,
    ...(percent === undefined ? {} : { percent }),
    ...(plan_code === undefined ? {} : { plan: plan_code }),
  };
  return {
    amount_cents: -off,
    deployment_id: null,
    description: `Discount: ${name}, ${rule} off ${onWhat(discount)}`,
    key: `discount/${discount_id}`,
    kind: 'discount',
    meta,
    qty: '1',
    resource_kind: kind ?? null,
    unit: 'discount',
    unit_price_cents: String(-off),
  };
};
