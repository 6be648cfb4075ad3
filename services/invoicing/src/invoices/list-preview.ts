import { contentHash, type invoicing, isRefusal, type Refusal, type RequestInput, refuse } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { forecastUsage } from '../domain/rating/forecast.ts';
import { type Rating, rate } from '../domain/rating/rate.ts';
import { withoutKey } from '../rating/priced-view.ts';
import { refuseTooLarge } from '../rating/refuse-too-large.ts';
import { adjustmentsBefore, countedUntil, inputSoFar, type PreviewedMonth, previewedMonth } from './preview-month.ts';

type Of = RequestInput<typeof invoicing.listPreviewLines>['of'];

/** Lists the lines of a preview. */
export async function listPreviewLines({ input, actor }: ReadRequest<typeof invoicing.listPreviewLines>, ctx: Context) {
  const month = await previewedMonth(ctx, input, actor);
  if (isRefusal(month)) return month;
  const { of } = input;
  const lines = await refuseTooLarge(async () =>
    of === 'pending_adjustments' ? adjustmentsBefore(ctx, month) : (await rateMonth(ctx, month, of)).lines,
  );
  return isRefusal(lines) ? lines : pageWithin(lines.map(withoutKey), input);
}

/** Lists the usage that a preview does not bill. */
export async function listPreviewUnbilled(
  { input, actor }: ReadRequest<typeof invoicing.listPreviewUnbilled>,
  ctx: Context,
) {
  const month = await previewedMonth(ctx, input, actor);
  if (isRefusal(month)) return month;
  const rating = await refuseTooLarge(() => rateMonth(ctx, month, input.of));
  return isRefusal(rating) ? rating : pageWithin(rating.unrated, input);
}

/** The month rated as used so far, or as forecast to its end. */
const rateMonth = async (ctx: Context, month: PreviewedMonth, of: Of): Promise<Rating> => {
  const given = await inputSoFar(ctx, month);
  return rate(of === 'forecast' ? forecastUsage(given, await countedUntil(ctx, month)) : given);
};

/** A page of rows that were computed for this request. Its cursor names their content: pages of different ratings never mix. */
const pageWithin = <Row>(rows: readonly Row[], page: { cursor?: string | undefined; limit: number }) => {
  const after = readCursor(page.cursor, [/^\d{1,9}$/, /^[0-9a-f]{64}$/]);
  if (isRefusal(after)) return after;
  const hash = contentHash(rows);
  if (after !== null && after[1] !== hash) return changed();
  const from = Number(after?.[0] ?? 0);
  const numbered = rows.slice(from, from + page.limit + 1).map((row, index) => ({ row, position: from + index + 1 }));
  return cutPage(numbered, { limit: page.limit, keyOf: ({ position }) => [position, hash], itemOf: ({ row }) => row });
};

const changed = (): Refusal<'invalid-cursor'> =>
  refuse(
    'invalid-cursor',
    'Usage or terms of the month have changed since the first page; read the list from its beginning.',
  );
