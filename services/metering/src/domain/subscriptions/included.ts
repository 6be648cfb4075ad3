import { canonicalDecimal, Decimal } from '@arcadia/contracts';

export type Terms = {
  /** One with a dimension is for some sizes only, and never has a cap. */
  items: readonly { kind: string; dimension?: string; included_qty: string; hard_cap_qty: string | null }[];
  addons: readonly { kind: string; qty: string; quantity: number; starts_at: string; ends_at: string | null }[];
};

/** Included quantity of a kind per month, addons counted, before proration; null when the subscription does not mention it. */
export const includedQuantity = (terms: Terms, kind: string, at: Temporal.Instant): string | null => {
  const item = terms.items.find((each) => each.kind === kind && each.dimension === undefined);
  const addons = terms.addons.filter((addon) => addon.kind === kind && isAttached(addon, at));
  if (item === undefined && addons.length === 0) return null;
  return canonicalDecimal(
    addons.reduce(
      (sum, { qty, quantity }) => sum.plus(new Decimal(qty).times(quantity)),
      new Decimal(item?.included_qty ?? '0'),
    ),
  );
};

export const hardCapOf = (terms: Terms, kind: string): string | null =>
  terms.items.find((item) => item.kind === kind && item.dimension === undefined)?.hard_cap_qty ?? null;

const isAttached = (addon: Terms['addons'][number], at: Temporal.Instant): boolean =>
  Temporal.Instant.compare(addon.starts_at, at) <= 0 &&
  (addon.ends_at === null || Temporal.Instant.compare(addon.ends_at, at) > 0);
