import { type invoicing, isRefusal, type RequestOutput } from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { refuseTooLarge } from '../rating/refuse-too-large.ts';
import { usageKnownUntil } from '../store/usage/usage-known.ts';
import { type PreviewedMonth, previewedMonth } from './preview-month.ts';
import { previewSource } from './preview-source.ts';

type Preview = RequestOutput<typeof invoicing.previewInvoice>;

/** Rates the current month by the function that will invoice it: as used so far, and as forecast to the month's end. */
export async function previewInvoice({ input, actor }: ReadRequest<typeof invoicing.previewInvoice>, ctx: Context) {
  const month = await previewedMonth(ctx, input, actor);
  return isRefusal(month) ? month : refuseTooLarge(() => previewMonth(ctx, month, input.limit));
}

const previewMonth = async (ctx: Context, month: PreviewedMonth, limit: number): Promise<Preview> => {
  const { summary, rows } = await previewSource(ctx, month);
  return {
    tenant_id: month.tenantId,
    period: month.period,
    usage_until: summary.usage_until,
    usage_known_until: await usageKnownUntil(ctx.db, month.period),
    so_far: {
      ...summary.so_far,
      lines: await rows('so_far_lines', 0, limit),
      unbilled: await rows('so_far_unbilled', 0, limit),
    },
    forecast: {
      ...summary.forecast,
      lines: await rows('forecast_lines', 0, limit),
      unbilled: await rows('forecast_unbilled', 0, limit),
    },
    pending_adjustments: await rows('pending_adjustments', 0, limit),
    pending_adjustment_count: summary.counts.pending_adjustments,
  };
};
