import { type billingIngest, refuse } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import { findInvoice } from '../store/invoices/invoices.ts';
import type { Tables } from '../store/schema.ts';
import { enqueueForInvoices } from './enqueue-for-invoices.ts';
import { invoiceNotFound } from './read-invoices.ts';

/** Looks for new invoices now instead of at the scheduled time. */
export async function requestDiscovery({ tx }: CommandRequest<typeof billingIngest.discoverInvoices, Tables>) {
  const job = 'discover-invoices';
  await tx.enqueue(job, {});
  return { job };
}

export async function requestIngest({ input, tx }: CommandRequest<typeof billingIngest.reingestInvoice, Tables>) {
  const invoice = await findInvoice(tx.sql, input.invoice_uuid);
  if (invoice === undefined) return invoiceNotFound(input.invoice_uuid);
  const job = 'ingest-invoice';
  await enqueueForInvoices(tx, job, { invoiceUuids: [invoice.invoice_uuid] });
  return { invoice_uuid: invoice.invoice_uuid, job };
}

export async function requestRematch({ input, tx }: CommandRequest<typeof billingIngest.rematchInvoice, Tables>) {
  const invoice = await findInvoice(tx.sql, input.invoice_uuid);
  if (invoice === undefined) return invoiceNotFound(input.invoice_uuid);
  if (invoice.ingest_count === 0)
    return refuse('not-ingested', `Invoice ${input.invoice_uuid} has not been ingested yet; it has no lines to match.`);
  const job = 'rematch';
  await enqueueForInvoices(tx, job, { invoiceUuids: [invoice.invoice_uuid] });
  return { invoice_uuid: invoice.invoice_uuid, job };
}
