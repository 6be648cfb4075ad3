import { type Actor, dayOf, invoicing, type Refusal, type RequestInput, refuse, tenantScope } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { sql } from 'kysely';
import { forgetBilled } from '../store/invoices/billed-periods.ts';
import { correctionsOf, findInvoice } from '../store/invoices/invoices.ts';
import type { InvoiceRow, Schema } from '../store/schema.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import type { Context } from '../tenants/look-up-deployment.ts';
import type { InvoiceView } from './invoice-view.ts';
import { invoiceView, unknownInvoice } from './show-invoices.ts';
import { endInvoice, referenceTo, releaseInvoice } from './void-invoice.ts';

type Issued = InvoiceRow & { number: string };

/** The invoice, held together with its tenant; or why there is nothing to settle. */
const heldInvoice = async (tx: Tx<Schema>, asked: { invoiceId: string; actor: Actor }): Promise<InvoiceRow | null> => {
  const found = await findInvoice(tx.sql, { invoiceId: asked.invoiceId, tenantId: tenantScope(asked.actor) });
  if (found === null) return null;
  await lockTenant(tx.sql, found.tenant_id);
  return findInvoice(tx.sql, { invoiceId: asked.invoiceId, tenantId: null, lock: true });
};

const isIssued = (invoice: InvoiceRow): invoice is Issued => invoice.number !== null;

const shown = async (tx: Tx<Schema>, ctx: Context, invoiceId: string): Promise<InvoiceView> => {
  const invoice = await findInvoice(tx.sql, { invoiceId, tenantId: null });
  if (invoice === null) throw new Error(`invoice ${invoiceId} has gone`);
  return invoiceView(tx.sql, invoice, ctx.clock.now());
};

export const payInvoice = async (
  tx: Tx<Schema>,
  ctx: Context,
  { input, actor }: { input: RequestInput<typeof invoicing.payInvoice>; actor: Actor },
): Promise<InvoiceView | Refusal> => {
  const invoice = await heldInvoice(tx, { invoiceId: input.invoice_id, actor });
  if (invoice === null) return unknownInvoice(input.invoice_id);
  if (invoice.status === 'void') return refuse('invoice-void', `Invoice ${invoice.number} is void.`);
  if (invoice.status === 'paid')
    return refuse('already-paid', `Invoice ${invoice.number} is paid: ${invoice.payment_reference}.`);
  if (!isIssued(invoice)) return refuse('not-issued', 'Only an issued invoice can be paid.');
  const now = ctx.clock.now();
  const paid_at = input.paid_at ?? now.toString();
  if (input.paid_at !== undefined && !isPayable(invoice, { at: input.paid_at, now })) {
    return refuse(
      'invalid-time',
      `Invoice ${invoice.number} was issued at ${invoice.issued_at} and it is ${now} now: name an instant in between.`,
    );
  }
  await sql`UPDATE tenant_invoices SET status = 'paid', paid_at = ${paid_at}, payment_reference = ${input.reference} WHERE invoice_id = ${invoice.invoice_id}`.execute(
    tx.sql,
  );
  await tx.publish(invoicing.invoicePaid, { ...(await referenceTo(tx, invoice)), paid_at, reference: input.reference });
  return shown(tx, ctx, invoice.invoice_id);
};

/** Whether an invoice can have been paid at an instant: it was issued by then, and the instant has come. */
const isPayable = ({ issued_at }: Issued, { at, now }: { at: string; now: Temporal.Instant }): boolean => {
  const paid = Temporal.Instant.from(at);
  const isIssuedBy = issued_at === null || Temporal.Instant.compare(Temporal.Instant.from(issued_at), paid) <= 0;
  return isIssuedBy && Temporal.Instant.compare(paid, now) <= 0;
};

/** Takes an unpaid invoice back, unless something that stands rests on it. The next run of its period makes a new one. */
export const voidInvoice = async (
  tx: Tx<Schema>,
  ctx: Context,
  { input, actor }: { input: RequestInput<typeof invoicing.voidInvoice>; actor: Actor },
): Promise<InvoiceView | Refusal> => {
  const invoice = await heldInvoice(tx, { invoiceId: input.invoice_id, actor });
  if (invoice === null) return unknownInvoice(input.invoice_id);
  if (invoice.status === 'void') return refuse('invoice-void', `Invoice ${invoice.number} is void already.`);
  if (invoice.status === 'paid')
    return refuse('invoice-paid', `Invoice ${invoice.number} is paid: correct it by a credit note.`);
  const { adjustments, credits } = await correctionsOf(tx.sql, invoice);
  if (adjustments > 0)
    return refuse('adjustment-issued', `A later invoice adjusts ${invoice.period}: correct it by a credit note.`);
  if (credits > 0) return refuse('credit-note-issued', `Invoice ${invoice.number} has a credit note.`);
  await releaseInvoice(tx, invoice);
  await forgetBilled(tx.sql, invoice);
  await endVisibly(tx, invoice, { now: ctx.clock.now(), reason: input.reason });
  return shown(tx, ctx, invoice.invoice_id);
};

/** A draft that is taken back by hand stays to be seen, so that whoever asked for it finds it void. */
const endVisibly = async (
  tx: Tx<Schema>,
  invoice: InvoiceRow,
  end: { now: Temporal.Instant; reason: string },
): Promise<void> => {
  if (invoice.status === 'draft') {
    await sql`UPDATE tenant_invoices SET status = 'void', voided_at = ${end.now.toString()}, void_reason = ${end.reason} WHERE invoice_id = ${invoice.invoice_id}`.execute(
      tx.sql,
    );
  } else await endInvoice(tx, invoice, { ...end, replacedBy: null });
};

/** Says of each issued invoice, once, that its due date has passed and something is still owed on it. */
export const markOverdue = async (ctx: Context): Promise<number> => {
  const now = ctx.clock.now();
  const { rows } = await sql<{ invoice_id: string }>`SELECT i.invoice_id FROM tenant_invoices i
    WHERE i.status = 'issued' AND i.overdue_at IS NULL AND i.due_on < ${dayOf(now)}::date
      AND i.total_cents > coalesce((SELECT sum(c.total_cents) FROM credit_notes c WHERE c.invoice_id = i.invoice_id), 0)
    ORDER BY i.due_on, i.number`.execute(ctx.db);
  for (const { invoice_id } of rows) {
    await ctx.transact(async (tx) => {
      const invoice = await findInvoice(tx.sql, { invoiceId: invoice_id, tenantId: null, lock: true });
      if (invoice === null || invoice.status !== 'issued' || invoice.overdue_at !== null || !isIssued(invoice)) return;
      await sql`UPDATE tenant_invoices SET overdue_at = ${now.toString()} WHERE invoice_id = ${invoice_id}`.execute(
        tx.sql,
      );
      await tx.publish(invoicing.invoiceOverdue, {
        ...(await referenceTo(tx, invoice)),
        due_on: invoice.due_on ?? dayOf(now),
        overdue_at: now.toString(),
      });
    });
  }
  return rows.length;
};
