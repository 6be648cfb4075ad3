import { contentHashSteps, type invoicing, type RequestOutput } from '@arcadia/contracts';
import type { Unrated } from '../rating/overage-lines.ts';
import type { Rating } from '../rating/rate.ts';
import type { RatedLine } from '../rating/rated-line.ts';

type Preview = RequestOutput<typeof invoicing.previewInvoice>;
type Priced = Omit<Preview['so_far'], 'lines' | 'unbilled'>;
type ShownLine = Omit<RatedLine, 'key'>;

/** The lists of a preview, each as long as the tenant is large. */
export type PreviewLists = {
  so_far_lines: ShownLine[];
  so_far_unbilled: Unrated[];
  forecast_lines: ShownLine[];
  forecast_unbilled: Unrated[];
  pending_adjustments: ShownLine[];
};

export type PreviewList = keyof PreviewLists;

/** A preview without its lists. Each list has a hash of its content, which names it in cursors. */
export type PreviewSummary = {
  usage_until: string;
  so_far: Priced;
  forecast: Priced;
  hashes: Record<PreviewList, string>;
  counts: Record<PreviewList, number>;
};

/** A line without its key, which only serves to compare ratings. */
export const withoutKey = ({ key: _key, ...line }: RatedLine): ShownLine => line;

function* shownLines(lines: readonly RatedLine[]): Generator<undefined, ShownLine[]> {
  const shown: ShownLine[] = [];
  for (const line of lines) {
    shown.push(withoutKey(line));
    yield;
  }
  return shown;
}

/** A preview, in steps, from the month rated as used so far and as forecast, and the corrections of earlier months. */
export function* previewSteps(rated: {
  usageUntil: string;
  soFar: Rating;
  forecast: Rating;
  adjustments: readonly RatedLine[];
}): Generator<undefined, { summary: PreviewSummary; lists: PreviewLists }> {
  const { soFar, forecast } = rated;
  const lists: PreviewLists = {
    so_far_lines: yield* shownLines(soFar.lines),
    so_far_unbilled: soFar.unrated,
    forecast_lines: yield* shownLines(forecast.lines),
    forecast_unbilled: forecast.unrated,
    pending_adjustments: yield* shownLines(rated.adjustments),
  };
  const summary = {
    usage_until: rated.usageUntil,
    so_far: pricedOf(soFar),
    forecast: pricedOf(forecast),
    hashes: {
      so_far_lines: yield* contentHashSteps(lists.so_far_lines),
      so_far_unbilled: yield* contentHashSteps(lists.so_far_unbilled),
      forecast_lines: yield* contentHashSteps(lists.forecast_lines),
      forecast_unbilled: yield* contentHashSteps(lists.forecast_unbilled),
      pending_adjustments: yield* contentHashSteps(lists.pending_adjustments),
    },
    counts: {
      so_far_lines: lists.so_far_lines.length,
      so_far_unbilled: lists.so_far_unbilled.length,
      forecast_lines: lists.forecast_lines.length,
      forecast_unbilled: lists.forecast_unbilled.length,
      pending_adjustments: lists.pending_adjustments.length,
    },
  };
  return { summary, lists };
}

/** A month below zero asks for nothing: it is credited instead. */
const pricedOf = (rating: Rating): Priced => ({
  currency: rating.currency,
  subtotal_cents: rating.subtotal_cents,
  tax_cents: rating.tax_cents,
  total_cents: rating.total_cents,
  payable_cents: Math.max(rating.total_cents - paidByCredit(rating), 0),
  prepaid_cents: paidByCredit(rating),
  credited_cents: Math.max(-rating.total_cents, 0),
  rating_version: rating.rating_version,
  input_hash: rating.input_hash,
  output_hash: rating.output_hash,
  line_count: rating.lines.length,
  unbilled_count: rating.unrated.length,
});

/** What paid credit pays of the total; granted credit is among the lines. */
const paidByCredit = ({ lines, prepaid = [] }: Rating): number => {
  const granted = new Set(lines.flatMap(({ kind, meta }) => (kind === 'credit' ? [meta.credit_id] : [])));
  return prepaid.reduce((sum, { credit_id, amount_cents }) => sum + (granted.has(credit_id) ? 0 : amount_cents), 0);
};
