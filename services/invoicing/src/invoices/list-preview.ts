import { type invoicing, isRefusal, type Refusal, refuse } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import type { PreviewList, PreviewLists } from '../domain/invoices/preview.ts';
import { refuseTooLarge } from '../rating/refuse-too-large.ts';
import { type PreviewedMonth, previewedMonth } from './preview-month.ts';
import { previewSource } from './preview-source.ts';

/** Lists the lines of a preview. */
export async function listPreviewLines({ input, actor }: ReadRequest<typeof invoicing.listPreviewLines>, ctx: Context) {
  const month = await previewedMonth(ctx, input, actor);
  if (isRefusal(month)) return month;
  const list = {
    so_far: 'so_far_lines',
    forecast: 'forecast_lines',
    pending_adjustments: 'pending_adjustments',
  } as const;
  return refuseTooLarge(() => pageOfPreview(ctx, month, { ...input, list: list[input.of] }));
}

/** Lists the usage that a preview does not bill. */
export async function listPreviewUnbilled(
  { input, actor }: ReadRequest<typeof invoicing.listPreviewUnbilled>,
  ctx: Context,
) {
  const month = await previewedMonth(ctx, input, actor);
  if (isRefusal(month)) return month;
  const list = { so_far: 'so_far_unbilled', forecast: 'forecast_unbilled' } as const;
  return refuseTooLarge(() => pageOfPreview(ctx, month, { ...input, list: list[input.of] }));
}

/** A page of a list. Its cursor names the content of the list: pages of different ratings never mix. */
const pageOfPreview = async <List extends PreviewList>(
  ctx: Context,
  month: PreviewedMonth,
  page: { list: List; cursor?: string | undefined; limit: number },
) => {
  const after = readCursor(page.cursor, [/^\d{1,9}$/, /^[0-9a-f]{64}$/]);
  if (isRefusal(after)) return after;
  const { summary, rows } = await previewSource(ctx, month);
  const hash = summary.hashes[page.list];
  if (after !== null && after[1] !== hash) return changed();
  const from = Number(after?.[0] ?? 0);
  const found: readonly PreviewLists[List][number][] = await rows(page.list, from, page.limit + 1);
  const numbered = found.map((row, index) => ({ row, position: from + index + 1 }));
  const shown = cutPage(numbered, {
    limit: page.limit,
    keyOf: ({ position }) => [position, hash],
    itemOf: ({ row }) => row,
  });
  return { ...shown, total: summary.counts[page.list] };
};

const changed = (): Refusal<'invalid-cursor'> =>
  refuse(
    'invalid-cursor',
    'Usage or terms of the month have changed since the first page; read the list from its beginning.',
  );
