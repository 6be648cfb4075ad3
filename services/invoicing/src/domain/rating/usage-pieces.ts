import { usageKinds } from '@arcadia/contracts';
import { type BillTerms, billRateTo } from './bill-terms.ts';
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
  zero,
} from './fraction.ts';
import type { Month } from './month.ts';
import { passingItemOf } from './passed-through.ts';
import { fallbackOn, itemOf, type Priced, priceOn } from './price-lookup.ts';
import { type ProviderCost, rateTo } from './provider-cost.ts';
import { includedIn, type Segment } from './segments.ts';
import type { FallbackPrice, PriceItem, UsageSum } from './terms.ts';

/** Usage of a kind in a segment at one price. */
export type Piece = Priced & {
  /** The item of the plan that the usage belongs to; null: none. */
  item: PriceItem | null;
  /** The one dimension that the price is for; undefined: it is for several, or for usage without one. */
  dimension: string | undefined;
  /** The dimensions of the usage, ascending; null for usage without one, which comes last. */
  dimensions: (string | null)[];
  used: Fraction;
  over: Fraction;
  included: Fraction;
  /** The included quantity that this piece shares with other dimensions; null: it has one of its own. */
  sharedIncluded: Fraction | null;
  /** What the provider charges for the part above the included quantity, by sum of usage; empty unless the price rests on it. */
  costs: ProviderCost[];
  days: ReadonlySet<number>;
};

type Context = {
  month: Month;
  segment: Segment;
  terms: UsageTerms;
  prices: readonly FallbackPrice[];
  /** Of all usage of the kind in the month, for prices that rest on it. */
  costs: ReadonlyMap<UsageSum, ProviderCost>;
};

/** The terms of a month that are the same for every deployment. */
export type UsageTerms = BillTerms & { fallback_prices: readonly FallbackPrice[] };

/** Why usage has no price: none is set, the provider's list price or bill is not known, or no exchange rate is pinned. */
export type Unpriced = {
  reason: 'no_price' | 'no_list_price' | 'no_rate' | 'no_bill';
  qty: Fraction;
  rows: UsageSum[];
};

export const qtyOf = (usage: UsageSum): Fraction => fraction(usage.unit_seconds, usage.divisor);

/** Usage of a kind in a segment by price, and the parts above the included quantity that have none. */
export type Pieces = { pieces: Piece[]; unpriced: Unpriced[] };

/**
 * Divides the usage of a kind in a segment by the prices in force. Each item of the plan includes its own quantity, for the usage
 * that no other item names more closely; it is used up in the order of days, and on one day in the order of dimensions.
 * @param rows of one kind, in that order
 */
export const piecesOf = (kind: string, rows: readonly UsageSum[], context: Omit<Context, 'prices'>): Pieces => {
  const ofKind = { ...context, prices: context.terms.fallback_prices.filter((price) => price.kind === kind) };
  const { plan } = context.segment;
  const passing = passingItemOf(plan, kind);
  const byItem = Map.groupBy(rows, (row) => passing ?? itemOf(plan, kind, row.dimension));
  const all = [...byItem]
    .toSorted(([a], [b]) => ((a?.dimension ?? '') < (b?.dimension ?? '') ? -1 : 1))
    .map(([item, own]) => piecesOfItem(item, own, ofKind));
  return {
    pieces: all.flatMap(({ pieces }) => pieces),
    unpriced: [
      ...Map.groupBy(
        all.flatMap((one) => one.unpriced),
        ({ reason }) => reason,
      ),
    ].map(([reason, parts]) => ({
      reason,
      qty: sum(parts.map(({ qty }) => qty)),
      rows: parts.flatMap((part) => part.rows),
    })),
  };
};

const piecesOfItem = (item: PriceItem | null, rows: readonly UsageSum[], context: Context): Pieces => {
  const kind = rows[0]?.kind ?? '';
  const included = includedIn(context.month, context.segment, kind, item);
  const pieces = new Map<string, Piece>();
  const unpriced: Unpriced[] = [];
  let left = included;
  for (const row of rows) {
    const qty = qtyOf(row);
    const covered = least(left, qty);
    left = greatest(zero, minus(left, qty));
    const over = minus(qty, covered);
    const priced = priceOn(item, context.prices, { kind, dimension: row.dimension, day: row.from });
    const lacking = priced === null ? 'no_price' : lackingOf(priced, row, context);
    if (lacking === 'on_the_bill') continue;
    if (priced === null || lacking !== null) {
      unpriced.push({ reason: lacking ?? 'no_price', qty: over, rows: [row] });
      continue;
    }
    const dimension = isByDimension(priced, context) ? row.dimension : undefined;
    const key = `${priced.validFrom ?? 'plan'} ${dimension ?? ''}`;
    const piece = pieces.get(key) ?? newPiece(priced, { item, kind, dimension }, context);
    addDimension(piece, row.dimension ?? null);
    addCost(piece, context.costs.get(row), { over, qty });
    pieces.set(key, {
      ...piece,
      used: plus(piece.used, qty),
      over: plus(piece.over, over),
      included: plus(piece.included, covered),
    });
  }
  return { pieces: withIncluded([...pieces.values()], included), unpriced };
};

/** What a price lacks that rests on the provider's; null: nothing. Usage that a known bill charges is `on_the_bill`. */
const lackingOf = (
  { price }: Priced,
  row: UsageSum,
  { costs, month, terms }: Context,
): Exclude<Unpriced['reason'], 'no_price'> | 'on_the_bill' | null => {
  const { isByCost, isByBill } = chargeModels[price.charge_model];
  if (isByCost !== true) return null;
  const bills = terms.bills ?? [];
  if (isByBill === true && bills.length > 0)
    return bills.every(({ currency }) => billRateTo(terms, month.period, currency) === undefined)
      ? 'no_rate'
      : 'on_the_bill';
  if (isByBill === true && terms.is_estimate !== true) return 'no_bill';
  const cost = costs.get(row);
  if (cost === undefined) return 'no_list_price';
  return rateTo(terms, cost.price.currency) === undefined ? 'no_rate' : null;
};

/** Of what the provider charges for a sum, the share above the included quantity belongs to the piece. */
const addCost = (
  { price, costs }: Piece,
  cost: ProviderCost | undefined,
  { over, qty }: { over: Fraction; qty: Fraction },
): void => {
  if (cost === undefined || chargeModels[price.charge_model].isByCost !== true || !isPositive(over)) return;
  const share = { num: over.num.times(qty.den), den: over.den.times(qty.num) };
  costs.push({ ...cost, billed: times(cost.billed, share), amount: times(cost.amount, share) });
};

/** With one price, the line shows the whole included quantity, also the unused part. */
const withIncluded = (pieces: Piece[], included: Fraction): Piece[] =>
  pieces.length === 1
    ? pieces.map((piece) => ({ ...piece, included }))
    : pieces.map((piece) =>
        piece.dimension === undefined || isZero(included) ? piece : { ...piece, sharedIncluded: included },
      );

/** Whether each dimension is a line of its own: by the charge model, or because fallback prices of some differ in price and days. */
const isByDimension = ({ price, source }: Priced, { prices }: Context): boolean =>
  chargeModels[price.charge_model].isByDimension === true ||
  (source === 'fallback' && prices.some(({ dimension }) => dimension !== undefined));

const newPiece = (
  priced: Priced,
  of: { item: PriceItem | null; kind: string; dimension: string | undefined },
  context: Context,
): Piece => ({
  ...priced,
  item: of.item,
  dimension: of.dimension,
  dimensions: [],
  used: zero,
  over: zero,
  included: zero,
  sharedIncluded: null,
  costs: [],
  days: daysAt(priced, of, context),
});

const addDimension = ({ dimensions }: Piece, dimension: string | null): void => {
  if (dimensions.includes(dimension)) return;
  dimensions.push(dimension);
  dimensions.sort((a, b) => (b === null || (a !== null && a < b) ? -1 : 1));
};

/** The days of a segment on which a price was in force. */
const daysAt = (
  priced: Priced,
  of: { kind: string; dimension: string | undefined },
  { month, segment, prices }: Context,
): ReadonlySet<number> =>
  priced.validFrom === null
    ? segment.days
    : new Set(
        [...segment.days].filter(
          (day) => fallbackOn(prices, { ...of, day: month.days[day] ?? '' })?.validFrom === priced.validFrom,
        ),
      );

/** The usage that a piece is of, for its line: `droplet_hours`, `droplet_hours g-*`, or `droplet_hours, other sizes`. */
export const nameOf = (kind: string, { item, dimension }: Piece, { plan }: Segment): string => {
  const named = dimension ?? item?.dimension;
  if (named !== undefined) return `${kind} ${named}`;
  const hasOthers = plan.items.some((one) => one.kind === kind && one.dimension !== undefined);
  return hasOthers ? `${kind}, other ${usageKinds[kind]?.dimension ?? 'dimension'}s` : kind;
};
