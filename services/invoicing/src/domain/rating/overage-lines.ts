import { type Json, usageKinds } from '@arcadia/contracts';
import { isSameTerms } from './calendar.ts';
import type { Charge, Price } from './charge-models/charge-model.ts';
import { chargeModels } from './charge-models/registry.ts';
import {
  type Fraction,
  fraction,
  greatest,
  isPositive,
  isZero,
  least,
  minus,
  plus,
  sum,
  times,
  toText,
  toWhole,
  zero,
} from './fraction.ts';
import type { Month } from './month.ts';
import { dayRuns, type RatedLine } from './rated-line.ts';
import type { FallbackPrice, PlanTerms, UsageSum } from './terms.ts';

/** Usage that is billed by no line, with the reason: it is listed, and does not stop the rating. */
export type Unrated = {
  deployment_id: string;
  kind: string;
  reason: 'no_subscription' | 'trial' | 'no_price';
  qty: string;
  days: { from: string; until: string }[];
};

/** Days that share one included quantity: a span under `daily`, all days out of trial under `none`. */
type Segment = { first: string; plan: PlanTerms; days: Set<number>; includes: boolean; share: Fraction };

type Priced = { price: Price; source: 'plan' | 'fallback'; validFrom: string | null };

/** Usage at one price. */
type Piece = Priced & { used: Fraction; over: Fraction; included: Fraction; days: Set<number> };

const segmentsOf = (month: Month): Segment[] => {
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

/** The quantity of a kind that a segment includes: its share of the plan's quantity, and of each addon's for the days attached. */
const includedIn = (month: Month, segment: Segment, kind: string): Fraction => {
  if (!segment.includes) return zero;
  const item = segment.plan.items.find((one) => one.kind === kind);
  const fromPlan = item === undefined ? zero : times(fraction(item.included_qty), segment.share);
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

const fallbackOn = (prices: readonly FallbackPrice[], kind: string, day: string): Priced | null => {
  let found: FallbackPrice | null = null;
  for (const price of prices) {
    if (price.kind === kind && price.valid_from <= day && (found === null || price.valid_from > found.valid_from))
      found = price;
  }
  if (found === null) return null;
  const price: Price = {
    charge_model: 'standard',
    overage_unit: found.overage_unit,
    overage_price_cents: found.unit_price_cents,
    tiers: null,
  };
  return { price, source: 'fallback', validFrom: found.valid_from };
};

/** The plan's price of a kind, else the fallback price of the day. An item without a price only includes a quantity. */
const priceOn = (plan: PlanTerms, prices: readonly FallbackPrice[], kind: string, day: string): Priced | null => {
  const item = plan.items.find((one) => one.kind === kind);
  if (item !== undefined && (item.overage_price_cents !== null || item.tiers !== null)) {
    return {
      price: { ...item, overage_price_cents: item.overage_price_cents ?? '0' },
      source: 'plan',
      validFrom: null,
    };
  }
  return fallbackOn(prices, kind, day);
};

const qtyOf = (usage: UsageSum): Fraction => fraction(usage.unit_seconds, usage.divisor);

const chargeText = (used: Fraction, included: Fraction): string =>
  `${toText(used, 4)} used, ${toText(included, 4)} included`;

const unitOf = (kind: string, { packageOf }: Charge): string => {
  const unit = usageKinds[kind]?.unit ?? 'unit';
  return packageOf === null ? unit : `package of ${packageOf} ${unit}`;
};

const knownRuns = new WeakMap<ReadonlySet<number>, ReturnType<typeof dayRuns>>();

/** Computed once for all kinds of a segment. */
const runsOf = (month: Month, days: ReadonlySet<number>): ReturnType<typeof dayRuns> => {
  const runs = knownRuns.get(days) ?? dayRuns([...days], month.days, month.after);
  knownRuns.set(days, runs);
  return runs;
};

const overageLine = (month: Month, segment: Segment, kind: string, piece: Piece): RatedLine => {
  const charge = chargeModels[piece.price.charge_model].charge(piece.price, piece.over);
  const isWhole = month.proration === 'none' || segment.days.size === month.days.length;
  const part = isWhole ? '' : ` (from ${segment.first}, ${segment.days.size} of ${month.days.length} days)`;
  const priced = piece.validFrom === null ? '' : `/${piece.validFrom}`;
  // Keys ascend, here and in the line: an object in canonical order is hashed as it is.
  const meta: Record<string, Json> = {
    charge_model: piece.price.charge_model,
    days: runsOf(month, piece.days),
    included: toText(piece.included),
    over: toText(piece.over),
    overage_price_cents: piece.price.overage_price_cents,
    overage_unit: piece.price.overage_unit,
    price_source: piece.source,
    ...(piece.validFrom === null ? {} : { price_valid_from: piece.validFrom }),
    ...(charge.tiers.length === 0 ? {} : { tiers: charge.tiers }),
    used: toText(piece.used),
  };
  const description = `Overage ${kind}: ${chargeText(piece.used, piece.included)}${part}`;
  return {
    amount_cents: toWhole(charge.amount, 'half_up', description),
    deployment_id: month.deployment_id,
    description,
    key: `${month.deployment_id}/overage/${kind}/${segment.first}${priced}`,
    kind: 'overage',
    meta,
    qty: charge.qty,
    resource_kind: kind,
    unit: unitOf(kind, charge),
    unit_price_cents: charge.unitPriceCents,
  };
};

/** Usage of a kind in a segment, divided by the prices in force; the included quantity is used up in the order of days. */
const piecesOf = (
  usage: readonly UsageSum[],
  included: Fraction,
  context: { month: Month; segment: Segment; prices: readonly FallbackPrice[] },
) => {
  const pieces = new Map<string, Piece>();
  let unpriced = zero;
  let left = included;
  for (const row of usage) {
    const qty = qtyOf(row);
    const covered = least(left, qty);
    left = greatest(zero, minus(left, qty));
    const over = minus(qty, covered);
    const priced = priceOn(context.segment.plan, context.prices, row.kind, row.from);
    if (priced === null) {
      unpriced = plus(unpriced, over);
      continue;
    }
    const key = priced.validFrom ?? 'plan';
    const piece = pieces.get(key) ?? {
      ...priced,
      used: zero,
      over: zero,
      included: zero,
      days: daysAt(priced, row.kind, context),
    };
    pieces.set(key, {
      ...piece,
      used: plus(piece.used, qty),
      over: plus(piece.over, over),
      included: plus(piece.included, covered),
    });
  }
  const only = pieces.size === 1 ? [...pieces.keys()][0] : undefined;
  // With one price, the line shows the whole included quantity, also the unused part.
  return {
    unpriced,
    pieces: [...pieces].map(([key, piece]) => (key === only ? { ...piece, included } : piece)),
  };
};

/** The days of a segment on which a price was in force. */
const daysAt = (
  priced: Priced,
  kind: string,
  { month, segment, prices }: { month: Month; segment: Segment; prices: readonly FallbackPrice[] },
) =>
  priced.validFrom === null
    ? segment.days
    : new Set(
        [...segment.days].filter(
          (day) => fallbackOn(prices, kind, month.days[day] ?? '')?.validFrom === priced.validFrom,
        ),
      );

export type RatedUsage = { lines: RatedLine[]; unrated: Unrated[] };

/**
 * The lines for usage above the included quantity, and the list of usage without a line.
 * @throws if a sum of usage spans a change of terms, because then it belongs to no single terms
 */
export const overageLines = (
  month: Month,
  usage: readonly UsageSum[],
  prices: readonly FallbackPrice[],
): RatedUsage => {
  const segments = segmentsOf(month);
  const rows = usage.filter((row) => !isZero(qtyOf(row))).toSorted(byKindAndDay);
  const placed = rows.map((row) => ({ row, ...placeOf(month, segments, row) }));
  const lines: RatedLine[] = [];
  const unrated: Unrated[] = [];
  for (const [kind, ofKind] of Map.groupBy(placed, ({ row }) => row.kind)) {
    for (const reason of ['trial', 'no_subscription'] as const) {
      const outside = ofKind.filter((one) => one.outside === reason).map(({ row }) => row);
      if (outside.length > 0) unrated.push(unratedOf(month, kind, reason, outside));
    }
    for (const segment of segments) {
      const inside = ofKind.filter((one) => one.segment === segment).map(({ row }) => row);
      if (inside.length === 0) continue;
      const { pieces, unpriced } = piecesOf(inside, includedIn(month, segment, kind), { month, segment, prices });
      if (isPositive(unpriced)) unrated.push({ ...unratedOf(month, kind, 'no_price', inside), qty: toText(unpriced) });
      for (const piece of pieces) {
        if (isPositive(piece.over) && isChargeable(piece.price)) lines.push(overageLine(month, segment, kind, piece));
      }
    }
  }
  return { lines, unrated };
};

/** Usage that is free above the included quantity makes no line of zero. */
const isChargeable = (price: Price): boolean => chargeModels[price.charge_model].isChargeable(price);

const byKindAndDay = (a: UsageSum, b: UsageSum): number =>
  a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.from < b.from ? -1 : a.from > b.from ? 1 : 0;

const unratedOf = (month: Month, kind: string, reason: Unrated['reason'], rows: readonly UsageSum[]): Unrated => ({
  deployment_id: month.deployment_id,
  kind,
  reason,
  qty: toText(sum(rows.map(qtyOf))),
  days: rows.map(({ from, until }) => ({ from, until })),
});

const placeOf = (
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

/** The quantity of a kind used on the subscribed days, and the quantity that the month includes. */
export type Standing = { kind: string; used: Fraction; included: Fraction };

/** Usage of a month and its included quantities, by kind, for thresholds. */
export const standingOf = (month: Month, usage: readonly UsageSum[]): Standing[] => {
  const segments = segmentsOf(month);
  const counted = usage.filter((row) => placeOf(month, segments, row).segment !== null);
  const kinds = new Set([...counted.map(({ kind }) => kind), ...(month.plan?.items.map(({ kind }) => kind) ?? [])]);
  return [...kinds].toSorted().map((kind) => ({
    kind,
    used: sum(counted.filter((row) => row.kind === kind).map(qtyOf)),
    included: sum(segments.map((segment) => includedIn(month, segment, kind))),
  }));
};
