import type { Period } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { Billed } from '../../domain/invoices/adjustments.ts';
import type { Db } from '../schema.ts';

/**
 * The amounts billed for a tenant's month by key: the lines of its invoice and the adjustments on later invoices, less
 * corrections credited, on this invoice or because a later month came to less than zero. A goodwill credit is no correction: rating the month again does not charge it again. Adjustments on the
 * invoice `exceptOn` do not count, because that invoice is being made again.
 */
export const billedLines = async (
  db: Db,
  month: { tenantId: string; period: Period; invoiceId: string | null; exceptOn: string | null },
): Promise<Billed[]> => {
  const { rows } = await sql<Omit<Billed, 'amount_cents'> & { amount_cents: string }>`
    SELECT line_key AS key, deployment_id, resource_kind, description, amount_cents FROM tenant_invoice_lines
    WHERE invoice_id = ${month.invoiceId} AND kind NOT IN ('adjustment', 'manual', 'tax', 'credit')
    UNION ALL
    SELECT l.adjusts_key, l.deployment_id, l.resource_kind, l.description, l.amount_cents
    FROM tenant_invoice_lines l JOIN tenant_invoices i USING (invoice_id)
    WHERE l.adjusts_period = ${month.period} AND i.tenant_id = ${month.tenantId} AND i.status <> 'void' AND i.invoice_id IS DISTINCT FROM ${month.exceptOn}::uuid
    UNION ALL
    SELECT l.line_key, l.deployment_id, l.resource_kind, l.description, -l.amount_cents
    FROM credit_note_lines l JOIN credit_notes c USING (credit_note_id)
    WHERE c.invoice_id = ${month.invoiceId} AND c.kind = 'correction'
    UNION ALL
    SELECT l.adjusts_key, l.deployment_id, l.resource_kind, l.description, -l.amount_cents
    FROM credit_note_lines l JOIN credit_notes c USING (credit_note_id)
    WHERE l.adjusts_period = ${month.period} AND c.tenant_id = ${month.tenantId}`.execute(db);
  return rows.map((row) => ({ ...row, amount_cents: Number(row.amount_cents) }));
};
