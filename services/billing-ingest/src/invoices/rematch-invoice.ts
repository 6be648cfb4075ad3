import type { JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { refreshProjects } from '../resources/refresh-projects.ts';
import { lockInvoice } from '../store/invoices/invoices.ts';
import { enqueueForInvoices } from './enqueue-for-invoices.ts';
import { publishingOf } from './publish-invoice.ts';
import { settleInvoice } from './settle-invoice.ts';

/** Matches and allocates the stored lines of an invoice again, because inventory, usage, a rule or a rate has changed. */
export async function rematchInvoice({ input }: JobRun<{ invoice_uuid: string }>, ctx: Context): Promise<void> {
  await refreshProjects(ctx);
  await ctx.transact(async (tx) => {
    const invoice = await lockInvoice(tx.sql, input.invoice_uuid);
    if (invoice === undefined || invoice.ingest_count === 0) return;
    const outcome = await settleInvoice(tx, invoice, publishingOf(ctx));
    if (outcome === 'unchanged') return;
    await enqueueForInvoices(tx, 'push-costs', {
      invoiceUuids: [input.invoice_uuid],
      cause: `revision:${invoice.revision + 1}`,
    });
  });
}
