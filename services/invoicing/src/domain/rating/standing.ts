import { type Fraction, isPositive, sum } from './fraction.ts';
import type { Month } from './month.ts';
import { itemOf } from './price-lookup.ts';
import { includedIn, placeOf, segmentsOf } from './segments.ts';
import type { PriceItem, UsageSum } from './terms.ts';
import { qtyOf } from './usage-pieces.ts';

/** The usage of a kind on the subscribed days, and the quantity that the month includes of it. */
export type Standing = {
  kind: string;
  used: Fraction;
  /** The part of the usage that draws on the included quantity: not that of a size with a price of its own and nothing included. */
  drawn: Fraction;
  included: Fraction;
};

const nameOf = (item: PriceItem | null): string => item?.dimension ?? '';

/** Usage of a month and its included quantities, by kind, for thresholds. */
export const standingOf = (month: Month, usage: readonly UsageSum[]): Standing[] => {
  const segments = segmentsOf(month);
  const counted = usage.flatMap((row) => {
    const { segment } = placeOf(month, segments, row);
    return segment === null ? [] : [{ row, name: nameOf(itemOf(segment.plan, row.kind, row.dimension)) }];
  });
  const items = month.plan?.items ?? [];
  const kinds = new Set([...counted.map(({ row }) => row.kind), ...items.map(({ kind }) => kind)]);
  return [...kinds].toSorted().map((kind) => {
    const ofKind = counted.filter(({ row }) => row.kind === kind);
    const included = segments.flatMap((segment) => {
      const own = segment.plan.items.filter((item) => item.kind === kind);
      const all = own.some(({ dimension }) => dimension === undefined) ? own : [null, ...own];
      return all.map((item) => ({ name: nameOf(item), qty: includedIn(month, segment, kind, item) }));
    });
    const including = new Set(included.filter(({ qty }) => isPositive(qty)).map(({ name }) => name));
    return {
      kind,
      used: sum(ofKind.map(({ row }) => qtyOf(row))),
      drawn: sum(ofKind.filter(({ name }) => including.has(name)).map(({ row }) => qtyOf(row))),
      included: sum(included.map(({ qty }) => qty)),
    };
  });
};
