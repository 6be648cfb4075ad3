import { isSameTerms } from './calendar.ts';
import { type Fraction, fraction, plus, sum, times, zero } from './fraction.ts';
import type { Month } from './month.ts';
import type { PlanTerms, PriceItem, UsageSum } from './terms.ts';

/** Days that share one included quantity of each item: a span under `daily`, all days out of trial under `none`. */
export type Segment = { first: string; plan: PlanTerms; days: Set<number>; includes: boolean; share: Fraction };

export const segmentsOf = (month: Month): Segment[] => {
  if (month.plan === null) return [];
  if (month.proration === 'none') {
    const days = new Set(month.spans.flatMap((span) => span.days));
    return [{ first: month.days[0] ?? '', plan: month.plan, days, includes: true, share: fraction(1) }];
  }
  return month.spans.map((span) => ({
    first: span.first,
    plan: span.plan,
    days: new Set(span.days),
    includes: span.state === 'active',
    share: fraction(span.days.length, month.days.length),
  }));
};

/**
 * The quantity that a segment includes of a kind for the usage that belongs to an item (null: to none): its share of the item's
 * quantity. Addons add theirs, for the days attached, to the item that is for all dimensions.
 */
export const includedIn = (month: Month, segment: Segment, kind: string, item: PriceItem | null): Fraction => {
  if (!segment.includes) return zero;
  const fromPlan = item === null ? zero : times(fraction(item.included_qty), segment.share);
  if (item?.dimension !== undefined) return fromPlan;
  const fromAddons = month.paidChains.map(({ attachments }) => {
    if (month.proration === 'none') {
      const last = attachments.at(-1)?.addon;
      return last?.kind === kind ? times(fraction(last.qty), fraction(last.quantity)) : zero;
    }
    const ofKind = attachments.filter(({ addon }) => addon.kind === kind);
    return sum(
      ofKind.map(({ addon, days }) => {
        const held = days.filter((day) => segment.days.has(day)).length;
        return times(times(fraction(addon.qty), fraction(addon.quantity)), fraction(held, month.days.length));
      }),
    );
  });
  return plus(fromPlan, sum(fromAddons));
};

/** The segment that a sum of usage belongs to, or the reason why it belongs to none. @throws if it spans a change of terms */
export const placeOf = (
  month: Month,
  segments: readonly Segment[],
  row: UsageSum,
): { segment: Segment | null; outside: 'trial' | 'no_subscription' | null } => {
  const first = month.positions.get(row.from);
  const last = row.until === month.after ? month.days.length - 1 : (month.positions.get(row.until) ?? 0) - 1;
  if (first === undefined || last < first)
    throw new RangeError(`usage from ${row.from} until ${row.until} is outside of ${month.period}`);
  const terms = month.calendar[first] ?? null;
  for (let day = first; day <= last; day += 1) {
    const other = month.calendar[day] ?? null;
    if (other === terms || (other !== null && terms !== null && isSameTerms(other, terms))) continue;
    throw new RangeError(`usage from ${row.from} until ${row.until} spans a change of terms on ${month.days[day]}`);
  }
  if (terms === null) return { segment: null, outside: 'no_subscription' };
  if (terms.state === 'trial') return { segment: null, outside: 'trial' };
  return { segment: segments.find(({ days }) => days.has(first)) ?? null, outside: null };
};
