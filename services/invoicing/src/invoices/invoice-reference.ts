import type { Tx } from '../context.ts';
import { linesOf, type StandingInvoice } from '../store/invoices/invoices.ts';

/** Whether an invoice has its number; a draft has none. */
export const isIssued = <Invoice extends { number: string | null }>(
  invoice: Invoice,
): invoice is Invoice & { number: string } => invoice.number !== null;

/** The fields by which every event about an issued invoice names it. */
export const referenceTo = async (tx: Tx, invoice: StandingInvoice & { number: string }) => {
  const lines = await linesOf(tx.sql, invoice.invoice_id);
  const deployments = new Set(lines.flatMap(({ deployment_id }) => (deployment_id === null ? [] : [deployment_id])));
  return {
    invoice_id: invoice.invoice_id,
    tenant_id: invoice.tenant_id,
    period: invoice.period,
    number: invoice.number,
    currency: invoice.currency,
    total_cents: Number(invoice.total_cents),
    deployment_ids: [...deployments].toSorted(),
  };
};
