import type { InvoiceLineRow } from '../store/invoices/invoice-line-row.ts';
import type { InvoiceRow } from '../store/schema.ts';
import type { LineUsage } from '../store/usage/line-facts.ts';

/** The usage that a line bills or corrects; null for a line that rests on terms alone, such as a base. */
export const usageBilledBy = (
  invoice: Pick<InvoiceRow, 'invoice_id' | 'tenant_id' | 'period' | 'close_revision'>,
  line: InvoiceLineRow,
): LineUsage | null => {
  const { deployment_id, resource_kind } = line;
  if (deployment_id === null || resource_kind === null || (line.kind !== 'overage' && line.kind !== 'adjustment'))
    return null;
  const days = Array.isArray(line.meta.days) ? (line.meta.days as { from: string; until: string }[]) : null;
  return {
    billed:
      line.adjusts_period === null ? { closeRevision: invoice.close_revision } : { invoiceId: invoice.invoice_id },
    tenantId: invoice.tenant_id,
    period: line.adjusts_period ?? invoice.period,
    deploymentId: deployment_id,
    kind: resource_kind,
    dimensions:
      line.kind === 'overage' && Array.isArray(line.meta.dimensions)
        ? (line.meta.dimensions as (string | null)[])
        : null,
    days: line.kind === 'overage' ? days : null,
  };
};
