import { formatMoneyPrice, type Json, usageKinds } from '@arcadia/contracts';
import type { Charge, Price } from './charge-models/charge-model.ts';
import { chargeModels } from './charge-models/registry.ts';
import { costOf } from './cost-text.ts';
import { isLeftToOther } from './counted-twice.ts';
import { isPositive, isZero, sum, toText, toWhole } from './fraction.ts';
import type { Month } from './month.ts';
import { type ProviderCost, providerCosts } from './provider-cost.ts';
import { dayRuns, type RatedLine } from './rated-line.ts';
import { placeOf, type Segment, segmentsOf } from './segments.ts';
import type { OwnPrice, UsageSum } from './terms.ts';
import { nameOf, type Piece, piecesOf, qtyOf, type Unpriced, type UsageTerms } from './usage-pieces.ts';

/** Usage that is billed by no line, with the reason: it is listed, and does not stop the rating. */
export type Unrated = {
  deployment_id: string;
  kind: string;
  reason: 'no_subscription' | 'trial' | Unpriced['reason'];
  /** Absent where the usage has no dimension. */
  dimensions?: string[];
  qty: string;
  days: { from: string; until: string }[];
};

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

const chargeText = ({ used, included, sharedIncluded }: Piece): string => {
  const covered = toText(included, 4);
  const of = sharedIncluded === null ? '' : ` of ${toText(sharedIncluded, 4)}`;
  return `${toText(used, 4)} used, ${covered}${of} included`;
};

/** Identifies the usage of a line within its kind and segment. Without dimensions it is empty, as in invoices of earlier versions. */
const keyOf = ({ item, dimension, validFrom }: Piece): { of: string; priced: string } => {
  const named = dimension ?? item?.dimension;
  return { of: named === undefined ? '' : ` ${named}`, priced: validFrom === null ? '' : `/${validFrom}` };
};

const ownText = ({ instead_of }: OwnPrice, { price, item }: Piece, currency: string): string => {
  const per = item?.overage_unit === '1' ? '' : ` per ${item?.overage_unit}`;
  const instead = instead_of === null ? 'the usual price' : formatMoneyPrice(instead_of, currency);
  return `Own price of ${formatMoneyPrice(price.overage_price_cents, currency)}${per} instead of ${instead}`;
};

type Used = { kind: string; hasDimensions: boolean };

const overageLine = (
  { month, segment, terms }: { month: Month; segment: Segment; terms: UsageTerms },
  { kind, hasDimensions }: Used,
  piece: Piece,
): RatedLine => {
  const cost = costOf(piece, terms);
  const charge = chargeModels[piece.price.charge_model].charge(piece.price, piece.over, cost?.amount);
  const isWhole = month.proration === 'none' || segment.days.size === month.days.length;
  const part = isWhole ? '' : ` (from ${segment.first}, ${segment.days.size} of ${month.days.length} days)`;
  const { of, priced } = keyOf(piece);
  const own = piece.source === 'plan' ? piece.item?.own_price : undefined;
  // Keys ascend, here and in the line: an object in canonical order is hashed as it is.
  const meta: Record<string, Json> = {
    charge_model: piece.price.charge_model,
    ...(cost === null ? {} : { cost: cost.shown }),
    days: runsOf(month, piece.days),
    ...(hasDimensions ? { dimensions: piece.dimensions } : {}),
    ...(own === undefined ? {} : { explanation: ownText(own, piece, segment.plan.currency) }),
    included: toText(piece.included),
    ...(chargeModels[piece.price.charge_model].isByBill === true ? { is_estimate: true } : {}),
    over: toText(piece.over),
    overage_price_cents: piece.price.overage_price_cents,
    overage_unit: piece.price.overage_unit,
    ...(own === undefined ? {} : { own_price: own }),
    price_source: piece.source,
    ...(piece.validFrom === null ? {} : { price_valid_from: piece.validFrom }),
    ...(charge.tiers.length === 0 ? {} : { tiers: charge.tiers }),
    used: toText(piece.used),
  };
  const description = `Overage ${nameOf(kind, piece, segment)}: ${chargeText(piece)}${cost === null ? '' : `, ${cost.text}`}${part}`;
  return {
    amount_cents: toWhole(charge.amount, 'half_up', description),
    deployment_id: month.deployment_id,
    description,
    key: `${month.deployment_id}/overage/${kind}${of}/${segment.first}${priced}`,
    kind: 'overage',
    meta,
    qty: charge.qty,
    resource_kind: kind,
    unit: unitOf(kind, charge),
    unit_price_cents: charge.unitPriceCents,
  };
};

export type RatedUsage = { lines: RatedLine[]; unrated: Unrated[] };

/**
 * The lines for usage above the included quantity, and the list of usage without a line.
 * @throws if a sum of usage spans a change of terms, because then it belongs to no single terms
 */
export const overageLines = (month: Month, usage: readonly UsageSum[], terms: UsageTerms): RatedUsage => {
  const segments = segmentsOf(month);
  const rows = usage.filter((row) => !isZero(qtyOf(row))).toSorted(byKindAndDay);
  const placed = rows.map((row) => ({ row, ...placeOf(month, segments, row) }));
  const lines: RatedLine[] = [];
  const unrated: Unrated[] = [];
  const kinds = new Set(rows.map(({ kind }) => kind));
  for (const [kind, ofKind] of Map.groupBy(placed, ({ row }) => row.kind)) {
    const used = { kind, hasDimensions: ofKind.some(({ row }) => row.dimension !== undefined) };
    for (const reason of ['trial', 'no_subscription'] as const) {
      const outside = ofKind.filter((one) => one.outside === reason).map(({ row }) => row);
      if (outside.length > 0) unrated.push(unratedOf(month, kind, reason, outside));
    }
    const costs =
      terms.list_prices === undefined
        ? new Map<UsageSum, ProviderCost>()
        : providerCosts(
            ofKind.map(({ row }) => row),
            terms.list_prices,
          );
    const lacking: Unpriced[] = [];
    for (const segment of segments) {
      const { plan } = segment;
      const { fallback_prices } = terms;
      const inside = ofKind
        .filter((one) => one.segment === segment && !isLeftToOther(one.row, kinds, { plan, fallback_prices }))
        .map(({ row }) => row);
      if (inside.length === 0) continue;
      const { pieces, unpriced } = piecesOf(kind, inside, { month, segment, terms, costs });
      lacking.push(...unpriced.filter(({ qty }) => isPositive(qty)));
      for (const piece of pieces) {
        if (isPositive(piece.over) && isChargeable(piece.price))
          lines.push(overageLine({ month, segment, terms }, used, piece));
      }
    }
    for (const [reason, parts] of Map.groupBy(lacking, (one) => one.reason)) {
      const listed = unratedOf(
        month,
        kind,
        reason,
        parts.flatMap(({ rows }) => rows),
      );
      unrated.push({ ...listed, qty: toText(sum(parts.map(({ qty }) => qty))) });
    }
  }
  return { lines, unrated };
};

/** Usage that is free above the included quantity makes no line of zero. */
const isChargeable = (price: Price): boolean => chargeModels[price.charge_model].isChargeable(price);

const orderOf = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order in which an included quantity is used up. */
const byKindAndDay = (a: UsageSum, b: UsageSum): number =>
  orderOf(a.kind, b.kind) ||
  orderOf(a.from, b.from) ||
  orderOf(a.dimension ?? '', b.dimension ?? '') ||
  orderOf(a.resource_id ?? '', b.resource_id ?? '');

const unratedOf = (month: Month, kind: string, reason: Unrated['reason'], rows: readonly UsageSum[]): Unrated => {
  const dimensions = [...new Set(rows.flatMap(({ dimension }) => (dimension === undefined ? [] : [dimension])))];
  const days = new Map(rows.map(({ from, until }) => [`${from} ${until}`, { from, until }]));
  return {
    deployment_id: month.deployment_id,
    kind,
    reason,
    ...(dimensions.length === 0 ? {} : { dimensions: dimensions.toSorted() }),
    qty: toText(sum(rows.map(qtyOf))),
    days: dimensions.length === 0 ? rows.map(({ from, until }) => ({ from, until })) : [...days.values()],
  };
};
