import { invoicing } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import { markPaid } from '../store/invoices/settlements.ts';
import { type Referenced, referenceTo } from './invoice-reference.ts';

/** Marks an issued invoice on which nothing is due as paid and publishes that: credit covers it, or its total is nothing. It may still be voided, unless money was paid towards it too. */
export const settleByCredit = async (tx: Tx, invoice: Referenced, at: Temporal.Instant): Promise<void> => {
  const reference = Number(invoice.total_cents) === 0 ? 'Nothing was due' : 'Settled by credit';
  const paid_at = at.toString();
  await markPaid(tx.sql, invoice.invoice_id, { paidAt: paid_at, reference });
  await tx.publish(invoicing.invoicePaid, { ...(await referenceTo(tx, invoice)), paid_at, reference });
};
