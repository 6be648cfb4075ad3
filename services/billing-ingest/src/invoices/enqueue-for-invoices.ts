import type { Tx } from '../context.ts';

/** Enqueues a job for each of these invoices; with a cause, the same one again takes effect once. */
export async function enqueueForInvoices(
  tx: Tx,
  job: 'ingest-invoice' | 'rematch' | 'push-costs',
  { invoiceUuids, ...options }: { invoiceUuids: readonly string[]; cause?: string },
): Promise<void> {
  for (const invoice_uuid of invoiceUuids) await tx.enqueue(job, { invoice_uuid }, options);
}
