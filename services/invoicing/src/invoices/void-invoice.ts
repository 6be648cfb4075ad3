import { invoicing } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { releaseAdjusted } from '../store/invoices/billed-periods.ts';
import { deleteDraftInvoice, linesOf, markVoid, type StandingInvoice } from '../store/invoices/invoices.ts';
import { releaseManualLines } from '../store/invoices/manual-lines.ts';
import { noteReceivable } from '../store/receivables/receivables.ts';
import type { Schema } from '../store/schema.ts';

/** Frees what an invoice bills besides its own month: lines added by hand, and corrections of earlier months. */
export const releaseInvoice = async (tx: Tx<Schema>, invoice: StandingInvoice): Promise<void> => {
  await releaseManualLines(tx.sql, invoice.invoice_id);
  await releaseAdjusted(tx.sql, invoice.tenant_id, invoice.invoice_id);
};

/** An invoice ends: a draft goes, an issued one becomes void and that is said. */
export const endInvoice = async (
  tx: Tx<Schema>,
  invoice: StandingInvoice,
  end: { now: Temporal.Instant; reason: string; replacedBy: string | null },
): Promise<void> => {
  if (invoice.status === 'draft' || invoice.number === null) return deleteDraftInvoice(tx.sql, invoice.invoice_id);
  await markVoid(tx.sql, invoice.invoice_id, { at: end.now, reason: end.reason, replacedBy: end.replacedBy });
  await noteReceivable(tx, {
    document: 'void',
    documentId: invoice.invoice_id,
    tenantId: invoice.tenant_id,
    number: invoice.number,
  });
  await tx.publish(invoicing.invoiceVoided, {
    ...(await referenceTo(tx, { ...invoice, number: invoice.number })),
    voided_at: end.now.toString(),
    reason: end.reason,
    replaced_by: end.replacedBy,
  });
};

/** How events about an invoice name it. */
export const referenceTo = async (tx: Tx<Schema>, invoice: StandingInvoice & { number: string }) => {
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
