import {
  canonicalDecimal,
  Decimal,
  isPriced,
  type Json,
  kindEntry,
  type ListedPrices,
  type MonthlyPrice,
  monthlyPrice,
  pricedSize,
  type SizePrice,
} from '@arcadia/contracts';

/** A difference and everything on which its cost depends. */
export type Difference = {
  kind: 'field' | 'missing' | 'unmanaged';
  field: string;
  expected: Json;
  actual: Json;
  resource_kind: string;
  /** Attributes as last observed; null: the resource was never observed. */
  attrs: Readonly<Record<string, Json>> | null;
  /** Desired state; null: there is none. */
  spec: Readonly<Record<string, Json>> | null;
};

/** The attributes of the resource as it is and as it should be; null: it does not exist. */
function bothStates(difference: Difference): { actual: Difference['attrs']; expected: Difference['attrs'] } {
  const { kind, field, spec } = difference;
  const attrs = difference.attrs ?? {};
  if (kind === 'unmanaged') return { actual: attrs, expected: null };
  if (kind === 'missing') return { actual: null, expected: { ...attrs, ...spec } };
  return { actual: { ...attrs, [field]: difference.actual }, expected: { ...attrs, [field]: difference.expected } };
}

/** The billing kinds whose list prices the cost of a difference may depend on. */
export const pricedKinds = ({ resource_kind: kind }: Difference): string[] =>
  (kindEntry(kind)?.usages ?? []).map((usage) => usage.kind);

/** The sizes whose list prices the cost of a difference depends on. */
export const pricedSizes = (difference: Difference): string[] =>
  Object.values(bothStates(difference)).flatMap((attrs) => (attrs === null ? [] : (pricedSize({ attrs }) ?? [])));

/**
 * What a difference costs a month at the provider's list prices: the price of the resource as it is minus that of the resource as it
 * should be.
 * @param priceOf the list price of a size; undefined: unknown
 * @param listedOf list prices by billing kind, observed or loaded by an operator; they come first
 */
export function monthlyCost(
  difference: Difference,
  priceOf: (size: string) => SizePrice | undefined,
  listedOf: ListedPrices,
): MonthlyPrice {
  const { kind, field, resource_kind: resourceKind } = difference;
  const nothing = { amount: '0', currency: 'USD' };
  if (kind === 'field' && !isPriced(resourceKind, field)) return nothing;
  const { actual, expected } = bothStates(difference);
  const priced = (attrs: Difference['attrs']) =>
    attrs === null ? null : monthlyPrice({ kind: resourceKind, attrs }, priceOf, listedOf);
  const [is, should] = [priced(actual), priced(expected)];
  if (is !== null && 'unknownBecause' in is) return is;
  if (should !== null && 'unknownBecause' in should) return should;
  const currency = is?.currency ?? should?.currency ?? nothing.currency;
  if (is !== null && should !== null && is.currency !== should.currency) {
    return { unknownBecause: `One list price is in ${is.currency}, the other in ${should.currency}.` };
  }
  return { amount: canonicalDecimal(new Decimal(is?.amount ?? 0).minus(should?.amount ?? 0)), currency };
}
