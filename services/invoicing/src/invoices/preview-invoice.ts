import { type invoicing, isRefusal, type RequestOutput } from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { forecastUsage } from '../domain/rating/forecast.ts';
import { type Rating, rate } from '../domain/rating/rate.ts';
import { pricedOf, withoutKey } from '../rating/priced-view.ts';
import { refuseTooLarge } from '../rating/refuse-too-large.ts';
import { usageKnownUntil } from '../store/usage/usage-known.ts';
import { adjustmentsBefore, countedUntil, inputSoFar, type PreviewedMonth, previewedMonth } from './preview-month.ts';

type Preview = RequestOutput<typeof invoicing.previewInvoice>;

/** Rates the current month by the function that will invoice it: as used so far, and as forecast to the month's end. */
export async function previewInvoice({ input, actor }: ReadRequest<typeof invoicing.previewInvoice>, ctx: Context) {
  const month = await previewedMonth(ctx, input, actor);
  return isRefusal(month) ? month : refuseTooLarge(() => previewMonth(ctx, month, input.limit));
}

const previewMonth = async (ctx: Context, month: PreviewedMonth, limit: number): Promise<Preview> => {
  const given = await inputSoFar(ctx, month);
  const until = await countedUntil(ctx, month);
  const soFar = firstOf(rate(given), limit);
  const expected = forecastUsage(given, until);
  const adjustments = await adjustmentsBefore(ctx, month);
  return {
    tenant_id: month.tenantId,
    period: month.period,
    usage_until: until.toString(),
    usage_known_until: await usageKnownUntil(ctx.db, month.period),
    so_far: soFar,
    forecast: expected === given ? soFar : firstOf(rate(expected), limit),
    pending_adjustments: adjustments.slice(0, limit).map(withoutKey),
    pending_adjustment_count: adjustments.length,
  };
};

/** A rating with its first lines and the first usage that it does not bill. */
const firstOf = (rating: Rating, limit: number): Preview['so_far'] => ({
  ...pricedOf({ ...rating, lines: rating.lines.slice(0, limit), unrated: rating.unrated.slice(0, limit) }),
  line_count: rating.lines.length,
  unbilled_count: rating.unrated.length,
});
