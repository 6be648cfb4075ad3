import type { Context } from '../context.ts';
import { deleteAbandonedLines, detachLostReadings, ingestedInvoices } from '../store/invoices/invoices.ts';
import { enqueueForInvoices } from './enqueue-for-invoices.ts';

/**
 * Ends a restore of the provider's invoices: one whose lines are not those of its restored row is read again from the provider, and the
 * lines of the others are matched again. Both give what was published, so nothing is published a second time. Until it is read again
 * an invoice has no lines.
 */
export async function restoreLines(ctx: Context): Promise<void> {
  const lost = await ctx.transact(async (tx) => {
    const uuids = await detachLostReadings(tx.sql);
    const cause = `restored:${ctx.clock.now().toString()}`;
    await enqueueForInvoices(tx, 'ingest-invoice', { invoiceUuids: uuids, cause });
    const whole = (await ingestedInvoices(tx.sql, { from: '', to: null })).filter((uuid) => !uuids.includes(uuid));
    await enqueueForInvoices(tx, 'rematch', { invoiceUuids: whole, cause });
    return uuids;
  });
  await deleteAbandonedLines(ctx.db);
  if (lost.length > 0)
    ctx.log.error({ alarm: true, invoices: lost }, 'the lines of provider invoices are read again from the provider');
}
