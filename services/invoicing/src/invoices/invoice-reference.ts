import type { Tx } from '../context.ts';
import { deploymentsBilled } from '../store/invoices/invoice-lines.ts';
import type { StandingInvoice } from '../store/invoices/invoices.ts';

/** Whether an invoice has its number; a draft has none. */
export const isIssued = <Invoice extends { number: string | null }>(
  invoice: Invoice,
): invoice is Invoice & { number: string } => invoice.number !== null;

/** What events name an issued invoice by. */
export type Referenced = Pick<StandingInvoice, 'invoice_id' | 'tenant_id' | 'period' | 'currency' | 'total_cents'> & {
  number: string;
};

/** The fields by which every event about an issued invoice names it. */
export const referenceTo = async (tx: Tx, invoice: Referenced) => {
  return {
    invoice_id: invoice.invoice_id,
    tenant_id: invoice.tenant_id,
    period: invoice.period,
    number: invoice.number,
    currency: invoice.currency,
    total_cents: Number(invoice.total_cents),
    deployment_ids: await deploymentsBilled(tx.sql, invoice.invoice_id),
  };
};
