import { type billingIngest, refuse } from '@arcadia/contracts';
import type { Command } from './context.ts';
import { discoverInvoicesJob } from './discover-invoices.ts';
import { ingestInvoiceJob } from './ingest-invoice.ts';
import { rematchInvoiceJob } from './rematch-invoice.ts';
import { invoiceNotFound } from './show-invoices.ts';
import { findInvoice } from './store/invoices.ts';
import { transactionNumber } from './store/transaction-number.ts';

/** Operators have done by hand, and at once, what the clock does by itself. */

export const askToDiscover = async ({ tx }: Command<typeof billingIngest.discoverInvoices>) => {
  await tx.enqueue(discoverInvoicesJob, {}, { cause: `request:${await transactionNumber(tx.sql)}` });
  return { job: discoverInvoicesJob.name };
};

export const askToReingest = async ({ input, tx }: Command<typeof billingIngest.reingestInvoice>) => {
  const invoice = await findInvoice(tx.sql, input.invoice_uuid);
  if (invoice === undefined) return invoiceNotFound(input.invoice_uuid);
  await tx.enqueue(
    ingestInvoiceJob,
    { invoice_uuid: invoice.invoice_uuid },
    { cause: `request:${await transactionNumber(tx.sql)}` },
  );
  return { invoice_uuid: invoice.invoice_uuid, job: ingestInvoiceJob.name };
};

export const askToRematch = async ({ input, tx }: Command<typeof billingIngest.rematchInvoice>) => {
  const invoice = await findInvoice(tx.sql, input.invoice_uuid);
  if (invoice === undefined) return invoiceNotFound(input.invoice_uuid);
  if (invoice.ingest_count === 0)
    return refuse('not-ingested', `Invoice ${input.invoice_uuid} has not been read yet; there are no lines to match.`);
  await tx.enqueue(
    rematchInvoiceJob,
    { invoice_uuid: invoice.invoice_uuid },
    { cause: `request:${await transactionNumber(tx.sql)}` },
  );
  return { invoice_uuid: invoice.invoice_uuid, job: rematchInvoiceJob.name };
};
