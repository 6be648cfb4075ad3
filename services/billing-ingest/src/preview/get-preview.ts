import { type billingIngest, canonicalDecimal, refuse } from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { findPreview, previewSums } from '../store/preview/preview.ts';

export async function getInvoicePreview(_: ReadRequest<typeof billingIngest.getInvoicePreview>, ctx: Context) {
  const preview = await findPreview(ctx.db);
  if (preview === undefined)
    return refuse('not-found', 'No month-to-date preview has been fetched yet; it is fetched once a day.');
  const sums = await previewSums(ctx.db, preview.provider);
  return {
    ...preview,
    amount: canonicalDecimal(preview.amount),
    lines: sums.reduce((total, { lines }) => total + lines, 0),
    by_kind: sums.map(({ amount, ...rest }) => ({ ...rest, amount: canonicalDecimal(amount) })),
  };
}
