import type { Context } from '../context.ts';
import { wholeInput } from '../domain/rating/kept-input.ts';
import { ratingSteps } from '../domain/rating/rate.ts';
import { inSlices } from '../rating/in-slices.ts';
import { rowsOf } from '../store/invoices/draft-invoices.ts';
import { nextWithoutLines, restoreLines, restoreNumbers } from '../store/invoices/restored-invoices.ts';
import { readKept } from '../store/stored-forms.ts';

/** Derives what follows from the heads of invoices and from credit notes, once a restore has brought them back: numbers and lines. */
export async function restoreInvoices(ctx: Context): Promise<void> {
  await restoreNumbers(ctx.db);
  await restoreInvoiceLines(ctx);
}

/**
 * Rates the invoices again whose heads a restore has brought back: their lines follow from what their rating read, which the
 * head holds, and are not captured because there are so many.
 */
async function restoreInvoiceLines(ctx: Context): Promise<void> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const invoice = await nextWithoutLines(ctx.db, after);
    if (invoice === null) return;
    after = invoice.invoice_id;
    const rating = await inSlices(ratingSteps(wholeInput(readKept(invoice.input))));
    if (rating.output_hash !== invoice.output_hash) {
      ctx.log.error(
        { alarm: true, invoiceId: invoice.invoice_id },
        'an invoice was rated by another version of the rating function; its lines are restored by the present one',
      );
    }
    const lines = rowsOf(invoice.invoice_id, rating.lines);
    await ctx.transact((tx) => restoreLines(tx.sql, lines));
  }
}
