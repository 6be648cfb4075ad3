import { type billingIngest, refuse } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext } from '../context.ts';
import { centsOf } from '../domain/amount.ts';
import { insertAcceptance } from '../store/invoices/acceptances.ts';
import { lockInvoice, writeAccepted } from '../store/invoices/invoices.ts';
import type { Tables } from '../store/schema.ts';
import { acceptedLines, addLines } from './add-lines.ts';
import { enqueueForInvoices } from './enqueue-for-invoices.ts';
import { invoiceNotFound } from './read-invoices.ts';

/**
 * Accepts the difference of an invoice whose totals do not agree: what its header has beyond its lines becomes a line of its own,
 * shared like any account-level line. The job that this enqueues publishes the invoice and pushes it to finance.
 */
export async function acceptInvoice(
  { input: { invoice_uuid, reason }, actor, tx }: CommandRequest<typeof billingIngest.acceptInvoice, Tables>,
  ctx: CommandContext,
) {
  const invoice = await lockInvoice(tx.sql, invoice_uuid);
  if (invoice === undefined) return invoiceNotFound(invoice_uuid);
  const { status, reading_id, currency } = invoice;
  if (status === 'reconciled' || status === 'accepted')
    return refuse('no-difference', `Invoice ${invoice_uuid} is ${status}; it has no difference to accept.`);
  if (reading_id === null)
    return refuse('not-ingested', `Invoice ${invoice_uuid} is ${status}; without lines nothing can be compared.`);
  const header = centsOf(invoice.header_minor);
  const sums = {
    lines: invoice.lines,
    net_minor: centsOf(invoice.amount_net_minor),
    tax_minor: centsOf(invoice.amount_tax_minor),
  };
  const accepted_at = ctx.clock.now().toString();
  const { csv_minor, items_minor } = invoice;
  await insertAcceptance(tx.sql, {
    ...{ invoice_uuid, reason, accepted_at, accepted_by: actor.subject },
    ...{ header_minor: String(header), csv_minor, items_minor },
  });
  const added = acceptedLines(header, sums, reason);
  await writeAccepted(tx.sql, {
    invoice_uuid,
    ...(await addLines(tx, { readingId: reading_id, currency, sums }, added)),
  });
  await enqueueForInvoices(tx, 'rematch', { invoiceUuids: [invoice_uuid], cause: `accept:${accepted_at}` });
  return {
    invoice_uuid,
    status: 'accepted' as const,
    accepted: { by: actor.subject, at: accepted_at, reason },
    accepted_minor: added[0]?.amount_minor ?? 0,
  };
}
