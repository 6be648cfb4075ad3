import { randomUUID } from 'node:crypto';
import { type Actor, invoicing, refuse, tenantScope } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import { releasePrepaid } from '../prepaid/draw-prepaid.ts';
import { forgetBilled } from '../store/invoices/billed-periods.ts';
import { correctionsOf, findInvoice, markVoid } from '../store/invoices/invoices.ts';
import { insertPayment, settledOn } from '../store/invoices/payments.ts';
import { markPaid } from '../store/invoices/settlements.ts';
import type { InvoiceRow, Tables } from '../store/schema.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { isIssued, referenceTo } from './invoice-reference.ts';
import type { InvoiceView } from './invoice-view.ts';
import { invoiceView, unknownInvoice } from './show-invoices.ts';
import { endInvoice, releaseInvoice } from './void-invoice.ts';

/** Records a payment towards an issued invoice, which is paid when nothing is due on it any more. */
export async function payInvoice(
  { input, actor, tx }: CommandRequest<typeof invoicing.payInvoice, Tables>,
  ctx: CommandContext,
) {
  const invoice = await lockedInvoice(tx, { invoiceId: input.invoice_id, actor });
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
      `Invoice ${invoice.number} was issued at ${invoice.issued_at} and the time is ${now}: give a \`paid_at\` in between.`,
    );
  }
  const { due } = await settledOn(tx.sql, invoice.invoice_id);
  const amount = input.amount_cents ?? due;
  if (amount > due)
    return refuse(
      'exceeds-due',
      `${amount} cents are more than the ${due} cents that are due on invoice ${invoice.number}.`,
      { amount_due_cents: due },
    );
  const payment = { paidAt: paid_at, reference: input.reference };
  if (amount > 0) await recordPayment(tx, invoice, { ...payment, amount, due: due - amount, by: actor.subject, now });
  if (amount === due) {
    await markPaid(tx.sql, invoice.invoice_id, payment);
    await tx.publish(invoicing.invoicePaid, {
      ...(await referenceTo(tx, invoice)),
      paid_at,
      reference: input.reference,
    });
  }
  return viewOf(tx, invoice.invoice_id, now);
}

type Payment = { amount: number; due: number; paidAt: string; reference: string; by: string; now: Temporal.Instant };

async function recordPayment(
  tx: Tx,
  invoice: InvoiceRow & { number: string },
  { amount, due, paidAt, reference, by, now }: Payment,
): Promise<void> {
  const { invoice_id, tenant_id, period, number, currency } = invoice;
  const payment_id = randomUUID();
  await insertPayment(tx.sql, {
    paymentId: payment_id,
    invoiceId: invoice_id,
    tenantId: tenant_id,
    cents: amount,
    paidAt,
    reference,
    recordedAt: now,
    recordedBy: by,
  });
  await tx.publish(invoicing.paymentRecorded, {
    payment_id,
    invoice_id,
    tenant_id,
    period,
    number,
    currency,
    amount_cents: amount,
    amount_due_cents: due,
    paid_at: paidAt,
    reference,
  });
}

/** Voids an invoice towards which nothing was paid, unless a document that stands corrects it. The next run of its period makes a new one. */
export async function voidInvoice(
  { input, actor, tx }: CommandRequest<typeof invoicing.voidInvoice, Tables>,
  ctx: CommandContext,
) {
  const invoice = await lockedInvoice(tx, { invoiceId: input.invoice_id, actor });
  if (invoice === null) return unknownInvoice(input.invoice_id);
  if (invoice.status === 'void') return refuse('invoice-void', `Invoice ${invoice.number} is void already.`);
  const { adjustments, credits, payments } = await correctionsOf(tx.sql, invoice);
  if (payments > 0) return refuse('invoice-paid', paidText(invoice));
  if (adjustments > 0)
    return refuse('adjustment-issued', `A later invoice adjusts ${invoice.period}: correct it by a credit note.`);
  if (credits > 0) return refuse('credit-note-issued', `Invoice ${invoice.number} has a credit note.`);
  const now = ctx.clock.now();
  await releaseInvoice(tx, invoice);
  await forgetBilled(tx.sql, invoice);
  const end = { reason: input.reason, replacedBy: null };
  // A draft voided by hand is kept, so that its requester finds it void.
  if (invoice.status === 'draft') {
    await releasePrepaid(tx, invoice);
    await markVoid(tx.sql, invoice.invoice_id, { ...end, at: now });
  } else await endInvoice(tx, invoice, { ...end, now });
  return viewOf(tx, invoice.invoice_id, now);
}

/** Why an invoice towards which something was paid is not replaced. One that credit alone settled gives its credit back. */
export const paidText = ({ number, status }: Pick<InvoiceRow, 'number' | 'status'>): string =>
  `Invoice ${number} is paid${status === 'paid' ? '' : ' in part'}: correct it by a credit note.`;

/** The invoice, locked together with its tenant; null if the actor has none with this id. */
const lockedInvoice = async (tx: Tx, wanted: { invoiceId: string; actor: Actor }): Promise<InvoiceRow | null> => {
  const found = await findInvoice(tx.sql, { invoiceId: wanted.invoiceId, tenantId: tenantScope(wanted.actor) });
  if (found === null) return null;
  await lockTenant(tx.sql, found.tenant_id);
  return findInvoice(tx.sql, { invoiceId: wanted.invoiceId, tenantId: null, lock: true });
};

/** Whether an invoice can have been paid at an instant: not before it was issued, and not in the future. */
const isPayable = ({ issued_at }: InvoiceRow, { at, now }: { at: string; now: Temporal.Instant }): boolean => {
  const paid = Temporal.Instant.from(at);
  const isIssuedBy = issued_at === null || Temporal.Instant.compare(Temporal.Instant.from(issued_at), paid) <= 0;
  return isIssuedBy && Temporal.Instant.compare(paid, now) <= 0;
};

const viewOf = async (tx: Tx, invoiceId: string, now: Temporal.Instant): Promise<InvoiceView> => {
  const invoice = await findInvoice(tx.sql, { invoiceId, tenantId: null });
  if (invoice === null) throw new Error(`invoice ${invoiceId} is missing after it was written`);
  return invoiceView(tx.sql, invoice, { now });
};
