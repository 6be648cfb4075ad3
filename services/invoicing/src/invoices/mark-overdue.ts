import { dayOf, invoicing } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import type { Context, Tx } from '../context.ts';
import { findInvoice } from '../store/invoices/invoices.ts';
import { noteOverdue, overdueInvoices, settledInvoices } from '../store/invoices/settlements.ts';
import { isIssued, referenceTo } from './invoice-reference.ts';
import { settleByCredit } from './settle-by-credit.ts';

/**
 * Marks what credit settled as paid, then publishes each issued invoice, once, whose due date has passed while an amount is still owed on it.
 * One that fails keeps none of the others; the job fails at its end, and is tried again.
 */
export async function markOverdue(_: Pick<JobRun<object>, 'input'>, ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  const failed: unknown[] = [];
  for (const invoiceId of await settledInvoices(ctx.db))
    await ctx.transact((tx) => settle(tx, invoiceId, now)).catch((error: unknown) => failed.push(error));
  const overdue = await overdueInvoices(ctx.db, dayOf(now));
  let marked = 0;
  for (const invoiceId of overdue)
    await ctx
      .transact((tx) => publishOverdue(tx, invoiceId, now))
      .then(
        () => (marked += 1),
        (error: unknown) => failed.push(error),
      );
  if (marked > 0) ctx.log.info({ marked, day: dayOf(now) }, 'invoices are overdue');
  if (failed.length > 0) throw new AggregateError(failed, `${failed.length} of the invoices could not be marked`);
}

const settle = async (tx: Tx, invoiceId: string, now: Temporal.Instant): Promise<void> => {
  const invoice = await findInvoice(tx.sql, { invoiceId, tenantId: null, lock: true });
  if (invoice === null || invoice.status !== 'issued' || !isIssued(invoice)) return;
  await settleByCredit(tx, invoice, now);
};

const publishOverdue = async (tx: Tx, invoiceId: string, now: Temporal.Instant): Promise<void> => {
  const invoice = await findInvoice(tx.sql, { invoiceId, tenantId: null, lock: true });
  if (invoice === null || invoice.status !== 'issued' || invoice.overdue_at !== null || !isIssued(invoice)) return;
  await noteOverdue(tx.sql, invoiceId, now);
  await tx.publish(invoicing.invoiceOverdue, {
    ...(await referenceTo(tx, invoice)),
    due_on: invoice.due_on ?? dayOf(now),
    overdue_at: now.toString(),
  });
};
