import type { EventData, invoicing } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import { type StandingChange, saveStanding } from '../store/billing-standing/billing-standing.ts';
import { applyStanding } from './apply-standing.ts';

type InvoiceEvent = typeof invoicing.invoiceOverdue | typeof invoicing.invoicePaid | typeof invoicing.invoiceVoided;

/** Records overdue and settled invoices, and moves their deployments. The events may arrive in any order, and repeatedly. */
export async function consumeInvoices(batch: Received<InvoiceEvent>[], tx: Tx, ctx: CommandContext): Promise<void> {
  const changes = batch.flatMap(({ data }) => changesOf(data));
  if (changes.length === 0) return;
  await saveStanding(tx.sql, changes);
  await applyStanding(tx, [...new Set(changes.map(({ deploymentId }) => deploymentId))], ctx);
}

function changesOf(data: EventData<InvoiceEvent>): StandingChange[] {
  const at =
    'overdue_at' in data
      ? { overdueAt: data.overdue_at, settledAt: null }
      : { overdueAt: null, settledAt: 'paid_at' in data ? data.paid_at : data.voided_at };
  return data.deployment_ids.map((deploymentId) => ({ invoiceId: data.invoice_id, deploymentId, ...at }));
}
