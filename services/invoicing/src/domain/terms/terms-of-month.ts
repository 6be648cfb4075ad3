import { addMonths, type Period } from '@arcadia/contracts';
import { commitmentsIn } from '../rating/commitment-line.ts';
import { discountsIn } from '../rating/discount-lines.ts';
import type { Commitment, Discount, PriceOverride, TenantTerms } from '../rating/terms.ts';

/** All terms that a tenant has of its own, past and future ones included. */
export type AllTerms = { discounts: Discount[]; price_overrides: PriceOverride[]; commitments: Commitment[] };

const overridesIn = (period: Period, all: readonly PriceOverride[]): PriceOverride[] =>
  all.filter(
    ({ from, until }) =>
      from < `${addMonths(period, 1)}-01` && (until === null || (until > `${period}-01` && until > from)),
  );

const unlessEmpty = <Name extends string, Item>(name: Name, items: Item[]): Partial<Record<Name, Item[]>> =>
  items.length === 0 ? {} : ({ [name]: items } as Record<Name, Item[]>);

/**
 * The terms that hold in a month.
 * @param of `deployment`: for one deployment alone; a discount on the whole invoice and a minimum commitment are of the tenant
 */
export const termsOfMonth = (
  period: Period,
  { discounts, price_overrides, commitments }: AllTerms,
  of: 'tenant' | 'deployment' = 'tenant',
): TenantTerms => ({
  ...unlessEmpty(
    'discounts',
    discountsIn(period, discounts).filter(({ on }) => of === 'tenant' || on !== 'invoice'),
  ),
  ...unlessEmpty('price_overrides', overridesIn(period, price_overrides)),
  ...unlessEmpty('commitments', of === 'tenant' ? commitmentsIn(period, commitments) : []),
});

/**
 * The terms of a quote: discounts, and the tenant's own prices at the month's end, as if they held all month. A minimum commitment
 * is of all deployments together, so that a quote for one has none.
 */
export const quotedTerms = (period: Period, all: AllTerms): TenantTerms => {
  const last = Temporal.PlainYearMonth.from(period);
  const day = last.toPlainDate({ day: last.daysInMonth }).toString();
  const atTheEnd = all.price_overrides
    .filter(
      ({ subscription_id, from, until }) => subscription_id === null && from <= day && (until === null || until > day),
    )
    .map((override) => ({ ...override, from: '2000-01-01', until: null }));
  return termsOfMonth(period, { ...all, price_overrides: atTheEnd, commitments: [] });
};
