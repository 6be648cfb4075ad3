import { invoicing } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import { releasePrepaid } from '../prepaid/draw-prepaid.ts';
import { releaseAdjusted } from '../store/invoices/billed-periods.ts';
import { releaseCredit } from '../store/invoices/credit-applications.ts';
import { deleteDraftInvoice, markVoid, type StandingInvoice } from '../store/invoices/invoices.ts';
import { releaseManualLines } from '../store/invoices/manual-lines.ts';
import { noteReceivable } from '../store/receivables/receivables.ts';
import { isIssued, referenceTo } from './invoice-reference.ts';

/** Frees what an invoice bills besides its own month: lines added by hand, and corrections of earlier months. */
export const releaseInvoice = async (tx: Tx, invoice: StandingInvoice): Promise<void> => {
  await releaseManualLines(tx.sql, invoice.invoice_id);
  await releaseAdjusted(tx.sql, invoice.tenant_id, invoice.invoice_id);
};

/** Deletes a draft; voids an issued invoice and publishes that. */
export const endInvoice = async (
  tx: Tx,
  invoice: StandingInvoice,
  end: { now: Temporal.Instant; reason: string; replacedBy: string | null },
): Promise<void> => {
  await releasePrepaid(tx, invoice);
  if (invoice.status === 'draft' || !isIssued(invoice)) return deleteDraftInvoice(tx.sql, invoice.invoice_id);
  const { invoice_id, tenant_id, number } = invoice;
  await releaseCredit(tx.sql, invoice_id);
  await markVoid(tx.sql, invoice_id, { at: end.now, reason: end.reason, replacedBy: end.replacedBy });
  await noteReceivable(tx.sql, { document: 'void', documentId: invoice_id, tenantId: tenant_id, number });
  await tx.publish(invoicing.invoiceVoided, {
    ...(await referenceTo(tx, invoice)),
    voided_at: end.now.toString(),
    reason: end.reason,
    replaced_by: end.replacedBy,
  });
};
