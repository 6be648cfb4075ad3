import type { Tx } from '../context.ts';

/** Enqueues a job for each of these invoices; the same cause again takes effect once. */
export async function enqueueForInvoices(
  tx: Tx,
  job: 'ingest-invoice' | 'rematch' | 'push-costs',
  work: { invoiceUuids: readonly string[]; cause: string },
): Promise<void> {
  for (const invoice_uuid of work.invoiceUuids) await tx.enqueue(job, { invoice_uuid }, { cause: work.cause });
}
